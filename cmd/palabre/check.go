package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/palabre/palabre/internal/app"
)

func newCheck() *cobra.Command {
	var flags configFlags
	c := &cobra.Command{
		Use:   "check",
		Short: "Validate the configuration, and reach the database, Valkey, the broker, the other processes and webhooks",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := flags.load()
			if err != nil {
				return err
			}
			results, err := app.Check(c.Context(), config)
			if err != nil {
				return err
			}
			failed := false
			for _, r := range results {
				verdict := "ok"
				switch {
				case r.Err != nil && r.Spared:
					verdict = "warning: " + r.Err.Error()
				case r.Err != nil:
					verdict, failed = r.Err.Error(), true
				}
				if _, err := fmt.Fprintf(c.OutOrStdout(), "%-22s %s\n", r.Name, verdict); err != nil {
					return err
				}
			}
			if failed {
				return errors.New("not everything is as it should be")
			}
			return nil
		},
	}
	flags.register(c)
	return c
}
