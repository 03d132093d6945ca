package chat

import (
	"bytes"
	"context"
	"crypto/rand"

	"google.golang.org/protobuf/proto"

	chatv1 "github.com/palabre/palabre/gen/go/palabre/chat/v1"
)

// TypingChannel passes words between the processes of the service. What it passes may be lost at any time.
type TypingChannel interface {
	// Send sends a word to all that listen. Nothing is done about an error: late, the word would be worth nothing.
	Send(ctx context.Context, word []byte) error
	// Listen hears what is sent, by this process too, until the context ends.
	Listen(ctx context.Context, heard func(word []byte))
}

// typingExchange passes on who types: to the watchers of this process at once, and to those of the others by the channel.
type typingExchange struct {
	channel  TypingChannel // nil where there are no others
	process  []byte        // begins the words of this process, which has told its watchers already
	watchers *watchers[*chatv1.WatchTypingResponse]
}

func newTypingExchange(channel TypingChannel) typingExchange {
	return typingExchange{channel, []byte(rand.Text()), new(watchers[*chatv1.WatchTypingResponse])}
}

func (x typingExchange) tell(ctx context.Context, news *chatv1.WatchTypingResponse) {
	x.watchers.tell(news)
	if x.channel == nil {
		return
	}
	if word, err := proto.Marshal(news); err == nil {
		_ = x.channel.Send(ctx, append(bytes.Clone(x.process), word...)) // whoever knows why it failed has logged it
	}
}

// listen tells the watchers what other processes pass on, until the context ends.
func (x typingExchange) listen(ctx context.Context) {
	if x.channel == nil {
		return
	}
	x.channel.Listen(ctx, func(word []byte) {
		news := new(chatv1.WatchTypingResponse)
		if len(word) < len(x.process) || bytes.HasPrefix(word, x.process) || proto.Unmarshal(word[len(x.process):], news) != nil {
			return
		}
		x.watchers.tell(news)
	})
}
