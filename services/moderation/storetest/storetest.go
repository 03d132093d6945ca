// Package storetest is what every moderation.Store has to do, on every database: run it with Run.
package storetest

import (
	"testing"

	"github.com/palabre/palabre/services/moderation"
)

const (
	app   = "geosector"
	other = "resalice"
)

// Run runs the suite. newStore answers a Store of an empty database.
func Run(t *testing.T, newStore func(*testing.T) moderation.Store) {
	suite := map[string]func(*testing.T, moderation.Store){
		"Rules":           rules,
		"RulesContended":  rulesContended,
		"RulesLarge":      rulesLarge,
		"Counts":          counts,
		"CountsContended": countsContended,
	}
	for name, test := range suite {
		t.Run(name, func(t *testing.T) { test(t, newStore(t)) })
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
