package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/palabre/palabre/internal/app"
)

func newModerate() *cobra.Command {
	var flags configFlags
	var application, rules string
	var asJSON bool
	c := &cobra.Command{
		Use:   "moderate --app APPLICATION < messages.txt",
		Short: "Try moderation rules on messages, one a line: those of the configuration, or of a file",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			trial, err := newTrial(flags, application, rules)
			if err != nil {
				return err
			}
			for _, entry := range trial.Idle {
				fmt.Fprintln(c.ErrOrStderr(), "palabre: rules:", entry)
			}
			return moderateLines(c.InOrStdin(), c.OutOrStdout(), trial, asJSON)
		},
	}
	flags.register(c)
	c.Flags().StringVar(&application, "app", "", "the application's id")
	c.Flags().StringVar(&rules, "rules", "", "a file of rules in JSON, as GET /api/chat/moderation/rules answers them")
	c.Flags().BoolVar(&asJSON, "json", false, "write each verdict, and the summary, as a line of JSON")
	_ = c.MarkFlagRequired("app")
	return c
}

func newTrial(flags configFlags, application, rulesFile string) (*app.Trial, error) {
	config, err := flags.load()
	if err != nil {
		return nil, err
	}
	var rules []byte
	if rulesFile != "" {
		if rules, err = os.ReadFile(rulesFile); err != nil {
			return nil, err
		}
	}
	return app.NewTrial(config, application, rules)
}

// longestLine is a content of 100 kB, and room.
const longestLine = 128 << 10

// moderateLines writes the verdict on each line, and then how often each rule hit.
func moderateLines(in io.Reader, out io.Writer, trial *app.Trial, asJSON bool) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 4096), longestLine)
	report := newModerateReport(out, asJSON)
	for lines.Scan() {
		verdict, err := trial.Judge(strings.TrimSuffix(lines.Text(), "\r"))
		if err != nil {
			return fmt.Errorf("line %d: %w", report.lines+1, err)
		}
		if err := report.add(verdict); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("line %d: %w", report.lines+1, err)
	}
	return report.finish()
}
