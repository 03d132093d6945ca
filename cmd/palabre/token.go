package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/palabre/palabre/internal/app"
)

func newToken() *cobra.Command {
	var flags configFlags
	var request app.TokenRequest
	c := &cobra.Command{
		Use:   "token --app APPLICATION --user USER",
		Short: "Print a user's token that this server accepts",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := flags.load()
			if err != nil {
				return err
			}
			token, err := app.Token(config, request)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), token)
			return err
		},
	}
	flags.register(c)
	c.Flags().StringVar(&request.ApplicationID, "app", "", "the application's id")
	c.Flags().StringVar(&request.UserID, "user", "", "the user's id")
	c.Flags().StringVar(&request.Role, "role", "", "the user's role id, as the host product names it")
	c.Flags().StringVar(&request.EntityID, "entity", "", "the entity the user belongs to")
	c.Flags().StringVar(&request.Name, "name", "", "the user's name")
	c.Flags().DurationVar(&request.Lifetime, "ttl", 24*time.Hour, "how long the token lives")
	_ = c.MarkFlagRequired("app")
	_ = c.MarkFlagRequired("user")
	return c
}
