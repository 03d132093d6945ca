package mqtttest

import "testing"

// scenario is something that has to be so on every broker that a set-up of its kind has.
type scenario struct {
	name string
	tell func(*stage)
	// needs says which set-ups it can be told on; all when nil.
	needs func(Setup) bool
}

// Run tells every scenario that can be told on a set-up.
func Run(t *testing.T, s Setup) {
	t.Helper()
	for _, list := range [][]scenario{sending, catchingUp, poison, identity, abuse, signals, outages} {
		for _, scenario := range list {
			if scenario.needs != nil && !scenario.needs(s) {
				continue
			}
			t.Run(scenario.name, func(t *testing.T) {
				stage := &stage{T: t, Setup: s}
				t.Cleanup(stage.healIfFailed)
				stage.isCalm()
				scenario.tell(stage)
			})
		}
	}
}

// healIfFailed keeps the scenarios that come next from failing too.
func (s *stage) healIfFailed() {
	for _, network := range []Network{s.Faults.ToService, s.Faults.ToBroker} {
		if s.Failed() && network != nil {
			network.Heal()
		}
	}
}

// Cast are the users of the scenarios, for brokers that have to know them before.
func Cast() []string { return []string{"alice", "bob", "carol", "mallory"} }

// What set-ups have or have not.
func hasBroker(s Setup) bool       { return s.Faults.Broker != nil }
func hasBrokerLine(s Setup) bool   { return s.Faults.ToBroker != nil }
func hasServiceLine(s Setup) bool  { return s.Faults.ToService != nil }
func boundsUplinks(s Setup) bool   { return s.Faults.ToService != nil && s.Broker.Unacknowledged > 0 }
func bindsSender(s Setup) bool     { return s.Broker.BindsSender }
func doesNotBind(s Setup) bool     { return !s.Broker.BindsSender }
func keepsRetained(s Setup) bool   { return s.Broker.KeepsRetained }
func refusesRetained(s Setup) bool { return !s.Broker.KeepsRetained }
