package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/palabre/palabre/internal/app"
)

func newServe() *cobra.Command {
	var flags configFlags
	var httpAddr, grpcAddr, mqttAddr string
	var demo, insecure bool
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the services and gateways",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := flags.load()
			if err != nil {
				return err
			}
			override(&config.HTTP.Addr, httpAddr)
			override(&config.GRPC.Addr, grpcAddr)
			override(&config.MQTT.Addr, mqttAddr)
			config.Insecure = config.Insecure || insecure
			return serve(c, config, demo)
		},
	}
	flags.register(c)
	defaults := app.Default()
	c.Flags().StringVar(&httpAddr, "http", "", fmt.Sprintf("address of REST and MQTT over WebSocket (default %q)", defaults.HTTP.Addr))
	c.Flags().StringVar(&grpcAddr, "grpc", "", fmt.Sprintf("address of gRPC (default %q)", defaults.GRPC.Addr))
	c.Flags().StringVar(&mqttAddr, "mqtt", "", fmt.Sprintf("address of the embedded MQTT broker (default %q)", defaults.MQTT.Addr))
	c.Flags().BoolVar(&demo, "demo", false, "add sample applications, people and conversations")
	c.Flags().BoolVar(&insecure, "insecure", false, "allow listeners beyond loopback without TLS or with made-up secrets")
	return c
}

func override(value *string, flag string) {
	if flag != "" {
		*value = flag
	}
}

// gcHeadroom is how much is allocated, at least, between two runs of the garbage collector.
const gcHeadroom = 64 << 20

// serve runs until it is told to stop or something fails, and says where everything is once it is there.
func serve(c *cobra.Command, config app.Config, demo bool) error {
	began := time.Now()
	// The collector runs when the heap has doubled, and ours is so small that it would run all the time. This belongs to
	// the heap and takes no memory, since nothing touches it. A larger GOGC would let a large heap grow as many times.
	headroom := make([]byte, gcHeadroom)
	defer runtime.KeepAlive(headroom)
	if demo {
		config.AddDemo()
	}
	a, err := app.New(c.Context(), config)
	if err != nil {
		return err
	}
	return a.Run(c.Context(), func() error {
		greeting := a.Greeting(command(), time.Since(began))
		if demo {
			made, err := a.MakeDemo(c.Context())
			if err != nil {
				return err
			}
			greeting += made.Tutorial(command())
		}
		_, err := fmt.Fprint(c.OutOrStdout(), greeting)
		return err
	})
}

// command is how to call palabre again: `go run` puts it where nobody finds it.
func command() string {
	if strings.Contains(os.Args[0], "go-build") {
		return "go run ./cmd/palabre"
	}
	return os.Args[0]
}
