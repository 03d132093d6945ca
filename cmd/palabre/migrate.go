package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/database"
)

func newMigrate() *cobra.Command {
	c := &cobra.Command{Use: "migrate", Short: "Bring the database's schema up to date, or look at it"}
	c.AddCommand(newMigrateUp(), newMigrateStatus())
	return c
}

func newMigrateUp() *cobra.Command {
	return withDatabase("up", "Apply the migrations that are missing", func(c *cobra.Command, db *database.DB) error {
		applied, err := db.Migrate(c.Context())
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.OutOrStdout(), "%d migrations applied; the schema is up to date\n", applied)
		return err
	})
}

func newMigrateStatus() *cobra.Command {
	return withDatabase("status", "List the migrations, and when they were applied", func(c *cobra.Command, db *database.DB) error {
		steps, err := db.Migrations(c.Context())
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
		for _, step := range steps {
			applied := "missing"
			if !step.AppliedAt.IsZero() {
				applied = step.AppliedAt.UTC().Format(time.RFC3339)
			}
			if _, err := fmt.Fprintf(w, "%d\t%s\t%s\n", step.Version, step.Name, applied); err != nil {
				return err
			}
		}
		return w.Flush()
	})
}

func withDatabase(use, short string, do func(*cobra.Command, *database.DB) error) *cobra.Command {
	var flags configFlags
	c := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := flags.load()
			if err != nil {
				return err
			}
			db, err := app.OpenDatabase(c.Context(), config)
			if err != nil {
				return err
			}
			defer db.Close()
			return do(c, db)
		},
	}
	flags.register(c)
	return c
}
