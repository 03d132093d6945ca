package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
)

// Load reads a configuration: the defaults, then the file if there is one, then the environment's PALABRE_ variables.
// An unknown key or variable is an error that names it.
func Load(file string, environ []string) (Config, error) {
	c := Default()
	if file != "" {
		if err := c.readFile(file); err != nil {
			return Config{}, err
		}
		c.File = file
	}
	if err := c.readEnviron(environ); err != nil {
		return Config{}, err
	}
	return c, nil
}

func (c *Config) readFile(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	defer f.Close()
	err = yaml.NewDecoder(f, yaml.Strict()).Decode(c)
	if err != nil && !errors.Is(err, io.EOF) {
		// The error shows the line at fault, with a caret.
		return fmt.Errorf("config %s: %s", file, strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	return nil
}
