package flood

// Known is how many senders are kept.
func (m *Memory) Known() int {
	known := 0
	for i := range m.shards {
		known += len(m.shards[i].young) + len(m.shards[i].old)
	}
	return known
}
