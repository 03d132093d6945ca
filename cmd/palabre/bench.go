package main

import (
	"bytes"
	"errors"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/palabre/palabre/internal/app"
	"github.com/palabre/palabre/internal/bench"
)

// newBench is the load generator.
func newBench() *cobra.Command {
	var flags configFlags
	var load bench.Config
	var application, report string
	c := &cobra.Command{
		Use:   "bench --app APPLICATION",
		Short: "Put load on a running server, and check that nothing is lost, doubled or out of order",
		Long: `Put load on a running server: senders send to conversations, receivers receive. Everything that was acknowledged has to
reach each receiver once and in order, and to be in the history; otherwise the exit code is 1. Users and conversations are
made for it, and stay. Ctrl-C ends it early and prints what was measured until then.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := flags.load()
			if err != nil {
				return err
			}
			fillAddresses(&load, config, application)
			load.Token = func(user string) (string, error) {
				return app.Token(config, app.TokenRequest{ApplicationID: application, UserID: user})
			}
			if keys := config.Applications[application].Auth.APIKeys; len(keys) > 0 {
				load.APIKey = keys[0]
			}
			return runBench(c, load, report)
		},
	}
	flags.register(c)
	registerLoad(c, &load)
	c.Flags().StringVar(&application, "app", "default", "the application's id; its flood limit, if it has one, is what would be measured")
	c.Flags().StringVar(&report, "json", "", "also write the result as JSON to this file; - for the output, instead of the table")
	return c
}

// registerLoad adds the flags that say what load to put where.
func registerLoad(c *cobra.Command, load *bench.Config) {
	f := c.Flags()
	f.StringVar((*string)(&load.Over), "over", "grpc", "grpc, mqtt, or rest, which reads history")
	f.IntVar(&load.Senders, "senders", 8, "how many send, or over REST read, at the same time")
	f.IntVar(&load.Receivers, "receivers", 1, "how many receive in each conversation; with 0 the history alone is checked")
	f.IntVar(&load.Conversations, "conversations", 0, "among how many the senders are spread (default one each)")
	f.IntVar(&load.Payload, "payload", 200, "bytes of a message's content")
	f.Float64Var(&load.Rate, "rate", 0, "messages a second in all; 0 for as many as are answered")
	f.BoolVar(&load.AwaitReceivers, "await-receivers", false, "senders wait until all receivers have a message before the next")
	f.DurationVar(&load.Duration, "duration", 10*time.Second, "how long to measure")
	f.DurationVar(&load.WarmUp, "warm-up", 2*time.Second, "how long to send before that")
	f.DurationVar(&load.Drain, "drain", 5*time.Second, "how long nothing may arrive, at the end, until what is missing is lost")
	f.IntVar(&load.Messages, "messages", 1000, "over REST: how many messages a conversation has; they are written first")
	f.IntVar(&load.Page, "page", 50, "over REST: how many messages a page has")
	f.BoolVar(&load.Stream, "stream", false, "over gRPC: a stream for each sender instead of single calls")
	f.BoolVar(&load.BackEnd, "back-end", false, "over gRPC: in the senders' names on streams of a back end, one on each connection, by the application's API key")
	f.IntVar(&load.Connections, "connections", 0, "connections that gRPC's senders share (default 8)")
	f.StringVar(&load.Name, "name", "", "part of the users' ids; that of an earlier run finds its conversations of two again")
	f.StringVar(&load.GRPC, "grpc", "", "address of gRPC, tls://host:port with TLS (default that of the configuration)")
	f.StringVar(&load.REST, "http", "", "address of REST, https://host:port with TLS")
	f.StringVar(&load.MQTT, "mqtt", "", "address of the MQTT broker, tls://host:port with TLS")
	f.StringVar(&load.TopicPrefix, "topic-prefix", "", `the application's topic prefix (default that of the configuration, or "chat")`)
}

// fillAddresses takes from the configuration what no flag says.
func fillAddresses(load *bench.Config, c app.Config, application string) {
	for _, address := range []struct {
		flag       *string
		configured string
	}{
		{&load.GRPC, c.GRPC.Addr}, {&load.REST, c.HTTP.Addr}, {&load.MQTT, c.MQTT.Addr},
		{&load.TopicPrefix, c.Applications[application].TopicPrefix},
	} {
		if *address.flag == "" {
			*address.flag = address.configured
		}
	}
}

func runBench(c *cobra.Command, load bench.Config, report string) error {
	show, wipe := bench.ShowProgress(os.Stderr)
	load.Progress = show
	result, err := bench.Run(c.Context(), load)
	wipe()
	if err != nil {
		return err
	}
	if report != "-" {
		err = result.WriteTable(c.OutOrStdout())
	}
	return errors.Join(err, writeReport(c, result, report), result.Err())
}

func writeReport(c *cobra.Command, result *bench.Result, file string) error {
	switch file {
	case "":
		return nil
	case "-":
		return result.WriteJSON(c.OutOrStdout())
	}
	text := new(bytes.Buffer)
	return errors.Join(result.WriteJSON(text), os.WriteFile(file, text.Bytes(), 0o644))
}
