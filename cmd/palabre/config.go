package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/palabre/palabre/internal/app"
)

// configFlags are the flags that say which configuration a sub-command is about.
type configFlags struct {
	file    string
	dataDir string
}

func (f *configFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.file, "config", "", "configuration file (YAML)")
	c.Flags().StringVar(&f.dataDir, "data-dir", "", `where SQLite and made-up secrets are kept (default "palabre-data")`)
}

func (f *configFlags) load() (app.Config, error) {
	c, err := app.Load(f.file, os.Environ())
	if err != nil {
		return app.Config{}, err
	}
	if f.dataDir != "" {
		c.DataDir = f.dataDir
	}
	return c, nil
}
