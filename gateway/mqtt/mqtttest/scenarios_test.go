package mqtttest_test

import (
	"testing"

	"github.com/palabre/palabre/gateway/mqtt/mqtttest"
)

func TestScenarios(t *testing.T) {
	for _, setup := range setups {
		t.Run(setup.name, func(t *testing.T) {
			t.Parallel()
			mqtttest.Run(t, setup.new(t, "")) // on SQLite
		})
	}
}
