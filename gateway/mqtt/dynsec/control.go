package dynsec

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

const (
	controlTopic  = "$CONTROL/dynamic-security/v1"
	responseTopic = controlTopic + "/response"
	// answerTime is how long the broker may take for a batch of commands.
	answerTime = 20 * time.Second
)

// ErrNoAnswer says that the plugin did not answer in time. It never answers who may not control it.
var ErrNoAnswer = errors.New("dynamic security does not answer: is it loaded, and has the gateway's user its role admin?")

// control is one connection to the broker, by which the plugin is told what to do. It is for one goroutine at a time.
type control struct {
	client  paho.Client
	replies chan []reply
	lost    chan struct{}
	// session and batches tell the answers to this connection from those to others, which go to the same topic.
	session string
	batches int
	pace    pace
}

// open connects with the options given, but for what is said here of the handlers.
func open(ctx context.Context, options *paho.ClientOptions) (*control, error) {
	c := &control{replies: make(chan []reply, 1), lost: make(chan struct{}), session: rand.Text(), pace: newPace()}
	options.SetCleanSession(true).SetAutoAckDisabled(false)
	options.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { c.take(m.Payload()) })
	options.SetConnectionLostHandler(func(paho.Client, error) { close(c.lost) })
	c.client = paho.NewClient(options)
	if err := await(ctx, c.client.Connect()); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if err := await(ctx, c.client.Subscribe(responseTopic, 1, nil)); err != nil {
		c.close()
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	return c, nil
}

func (c *control) close() { c.client.Disconnect(0) }

// over says whether the connection has ended.
func (c *control) over() bool {
	select {
	case <-c.lost:
		return true
	default:
		return false
	}
}

// take keeps an answer to this connection.
func (c *control) take(payload []byte) {
	var answer struct {
		Responses []reply `json:"responses"`
	}
	if json.Unmarshal(payload, &answer) != nil || len(answer.Responses) == 0 ||
		!strings.HasPrefix(answer.Responses[0].CorrelationData, c.session) {
		return
	}
	select {
	case c.replies <- answer.Responses:
	default:
	}
}

// do has commands done in their order, and answers what the plugin says to each.
func (c *control) do(ctx context.Context, commands ...command) ([]reply, error) {
	var all []reply
	for len(commands) > 0 {
		n, began := c.pace.batch(commands), time.Now()
		replies, err := c.ask(ctx, commands[:n])
		if err != nil {
			return nil, err
		}
		c.pace.took(n, time.Since(began))
		all, commands = append(all, replies...), commands[n:]
	}
	return all, nil
}

// ask sends commands together, and waits for the answer to them.
func (c *control) ask(ctx context.Context, commands []command) ([]reply, error) {
	c.batches++
	id := c.session + "-" + strconv.Itoa(c.batches)
	for i := range commands {
		commands[i].CorrelationData = id
	}
	payload, err := json.Marshal(map[string]any{"commands": commands})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, answerTime, ErrNoAnswer)
	defer cancel()
	if err := await(ctx, c.client.Publish(controlTopic, 1, false, payload)); err != nil {
		return nil, err
	}
	for {
		select {
		case replies := <-c.replies:
			if replies[0].CorrelationData == id && len(replies) == len(commands) {
				return replies, nil
			}
		case <-c.lost:
			return nil, errLost
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

var errLost = errors.New("the connection was lost")

func await(ctx context.Context, token paho.Token) error {
	select {
	case <-token.Done():
		return token.Error()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
