package valkey

import "context"

// Channel passes words between the processes of a deployment, to those that listen at the moment.
type Channel struct {
	server *Server
	name   string
}

// Channel answers the channel of a name. What processes send on it reaches all that listen on it.
func (s *Server) Channel(name string) *Channel { return &Channel{s, Prefix + name} }

// Send sends a word. An error says that nobody hears it, or that it is not known; like those of Run it is ErrAway.
func (c *Channel) Send(ctx context.Context, word []byte) error {
	return c.server.call(ctx, func(ctx context.Context) error {
		return c.server.client.Publish(ctx, c.name, word).Err()
	})
}

// Listen hears what is sent, by this process too, until the context ends. What is sent while the server is away is not
// heard; when it is back, this goes on by itself.
func (c *Channel) Listen(ctx context.Context, heard func(word []byte)) {
	subscription := c.server.client.Subscribe(ctx, c.name)
	defer subscription.Close()
	words := subscription.Channel()
	for {
		select {
		case word, open := <-words:
			if !open {
				return
			}
			heard([]byte(word.Payload))
		case <-ctx.Done():
			return
		}
	}
}
