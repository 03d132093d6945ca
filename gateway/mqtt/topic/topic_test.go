package topic_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/palabre/palabre/gateway/mqtt/topic"
)

// The closed list, once. Visitors have a colon in their subject.
var shapes = []struct {
	name   string
	topic  topic.Topic
	uplink bool
}{
	{"chat/user/alice/send", topic.Topic{Prefix: "chat", Kind: topic.UplinkSend, ID: "alice"}, true},
	{"chat/user/alice/receipts", topic.Topic{Prefix: "chat", Kind: topic.UplinkReceipts, ID: "alice"}, true},
	{"chat/user/alice/sync", topic.Topic{Prefix: "chat", Kind: topic.UplinkSync, ID: "alice"}, true},
	{"chat/user/alice/typing", topic.Topic{Prefix: "chat", Kind: topic.UplinkTyping, ID: "alice"}, true},
	{"chat/user/alice/presence", topic.Topic{Prefix: "chat", Kind: topic.UplinkPresence, ID: "alice"}, true},
	{"chat/message/send", topic.Topic{Prefix: "chat", Kind: topic.UplinkMessageSend}, true},
	{"chat/user/alice/messages", topic.Topic{Prefix: "chat", Kind: topic.DownlinkMessages, ID: "alice"}, false},
	{"chat/user/alice/acks", topic.Topic{Prefix: "chat", Kind: topic.DownlinkAcks, ID: "alice"}, false},
	{"chat/conversation/c-1", topic.Topic{Prefix: "chat", Kind: topic.DownlinkConversation, ID: "c-1"}, false},
	{"chat/typing/c-1", topic.Topic{Prefix: "chat", Kind: topic.DownlinkTyping, ID: "c-1"}, false},
	{"chat/announcement", topic.Topic{Prefix: "chat", Kind: topic.DownlinkAnnouncement}, false},
	{"chat/moderation/m-1", topic.Topic{Prefix: "chat", Kind: topic.DownlinkModeration, ID: "m-1"}, false},
	{
		"resalice/user/anon:0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e10/send",
		topic.Topic{Prefix: "resalice", Kind: topic.UplinkSend, ID: "anon:0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e10"}, true,
	},
	{"my_app-2/user/A:b_c-9/acks", topic.Topic{Prefix: "my_app-2", Kind: topic.DownlinkAcks, ID: "A:b_c-9"}, false},
	{"user/user/user/send", topic.Topic{Prefix: "user", Kind: topic.UplinkSend, ID: "user"}, true},
}

func TestEveryShapeIsReadAndWritten(t *testing.T) {
	for _, s := range shapes {
		got, err := topic.Parse(s.name)
		if err != nil || got != s.topic {
			t.Errorf("Parse(%q) = %+v, %v; want %+v", s.name, got, err, s.topic)
		}
		if got := s.topic.String(); got != s.name {
			t.Errorf("%+v is written %q, want %q", s.topic, got, s.name)
		}
		if err := s.topic.Validate(); err != nil {
			t.Errorf("Validate(%q) = %v", s.name, err)
		}
		if up, down := s.topic.Kind.Uplink(), s.topic.Kind.Downlink(); up != s.uplink || down == s.uplink {
			t.Errorf("%q: uplink %t, downlink %t", s.name, up, down)
		}
	}
}

func TestAnythingElseIsRefused(t *testing.T) {
	longest := strings.Repeat("x", topic.MaxID)
	if _, err := topic.Parse(longest + "/user/" + longest + "/messages"); err != nil {
		t.Errorf("ids of %d bytes are refused: %v", topic.MaxID, err)
	}
	for name, want := range map[string]error{
		"":                                   topic.ErrPrefix,
		"/":                                  topic.ErrPrefix,
		"chat":                               topic.ErrShape,
		"chat/":                              topic.ErrShape,
		"/user/alice/send":                   topic.ErrPrefix,
		"$SYS/broker/version":                topic.ErrPrefix,
		"$share/g/chat/message/send":         topic.ErrPrefix,
		"+/user/alice/send":                  topic.ErrPrefix,
		"#":                                  topic.ErrPrefix,
		"a:b/announcement":                   topic.ErrPrefix,
		"chat/#":                             topic.ErrShape,
		"chat/user":                          topic.ErrShape,
		"chat/user/alice":                    topic.ErrShape,
		"chat/user/alice/":                   topic.ErrShape,
		"chat/user/alice/other":              topic.ErrShape,
		"chat/user/alice/send/":              topic.ErrShape,
		"chat/user/alice/send/more":          topic.ErrShape,
		"chat/user/alice/+":                  topic.ErrShape,
		"chat/user/alice/Send":               topic.ErrShape,
		"chat/user//send":                    topic.ErrID,
		"chat/user/+/send":                   topic.ErrID,
		"chat/user/al ice/send":              topic.ErrID,
		"chat/user/al\x00ice/send":           topic.ErrID,
		"chat/user/élise/send":               topic.ErrID,
		"chat/user/" + longest + "x/send":    topic.ErrID,
		longest + "x/announcement":           topic.ErrPrefix,
		"chat/message":                       topic.ErrShape,
		"chat/message/send/":                 topic.ErrShape,
		"chat/message/read":                  topic.ErrShape,
		"chat/announcement/":                 topic.ErrShape,
		"chat/announcement/a":                topic.ErrShape,
		"chat/announcements":                 topic.ErrShape,
		"chat/conversation":                  topic.ErrID,
		"chat/conversation/":                 topic.ErrID,
		"chat/conversation/c/d":              topic.ErrID,
		"chat/conversation/+":                topic.ErrID,
		"chat/typing/":                       topic.ErrID,
		"chat/moderation/":                   topic.ErrID,
		"chat/group/c":                       topic.ErrShape,
		strings.Repeat("x/", 65000):          topic.ErrTooLong,
		"chat" + strings.Repeat("/user", 90): topic.ErrShape,
	} {
		if got, err := topic.Parse(name); !errors.Is(err, want) || got != (topic.Topic{}) {
			t.Errorf("Parse(%.40q) = %+v, %v; want %v", name, got, err, want)
		}
	}
}

func TestATopicWithBadFieldsIsNotValid(t *testing.T) {
	for _, tt := range []struct {
		topic topic.Topic
		want  error
	}{
		{topic.Topic{}, topic.ErrPrefix},
		{topic.Topic{Prefix: "chat"}, topic.ErrShape},
		{topic.Topic{Prefix: "chat", Kind: 99}, topic.ErrShape},
		{topic.Topic{Prefix: "a/b", Kind: topic.UplinkSend, ID: "alice"}, topic.ErrPrefix},
		{topic.Topic{Prefix: "chat", Kind: topic.UplinkSend}, topic.ErrID},
		{topic.Topic{Prefix: "chat", Kind: topic.UplinkSend, ID: "a/send"}, topic.ErrID},
		{topic.Topic{Prefix: "chat", Kind: topic.DownlinkAnnouncement, ID: "x"}, topic.ErrShape},
	} {
		if err := tt.topic.Validate(); !errors.Is(err, tt.want) {
			t.Errorf("Validate(%+v) = %v, want %v", tt.topic, err, tt.want)
		}
	}
	if got := (topic.Topic{Prefix: "chat"}).String(); got != "" {
		t.Errorf("a topic without kind is written %q", got)
	}
}

func TestKindsSayWhatTheirIDIs(t *testing.T) {
	for _, s := range shapes {
		rest := strings.TrimPrefix(s.name, s.topic.Prefix+"/")
		if got := s.topic.Kind.OfUser(); got != strings.HasPrefix(rest, "user/") {
			t.Errorf("%q: of a user %t", s.name, got)
		}
		of := strings.HasPrefix(rest, "conversation/") || strings.HasPrefix(rest, "typing/")
		if got := s.topic.Kind.OfConversation(); got != of {
			t.Errorf("%q: of a conversation %t", s.name, got)
		}
	}
	for kind, want := range map[topic.Kind]string{
		topic.UplinkSend: "user/send", topic.UplinkTyping: "user/typing", topic.UplinkMessageSend: "message/send",
		topic.DownlinkTyping: "typing", topic.DownlinkAnnouncement: "announcement", 0: "unknown",
	} {
		if got := kind.String(); got != want {
			t.Errorf("kind %d is called %q, want %q", kind, got, want)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := topic.Parse("chat/user/anon:0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e10/send"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkString(b *testing.B) {
	b.ReportAllocs()
	t := topic.Topic{Prefix: "chat", Kind: topic.DownlinkMessages, ID: "0197d2a8-9c6f-7c3e-8a51-6f0c2b7d9e10"}
	for b.Loop() {
		if t.String() == "" {
			b.Fatal("no name")
		}
	}
}

func TestParseDoesNotAllocate(t *testing.T) {
	for _, name := range []string{"chat/user/alice/send", "chat/user/alice/nothing", "chat/conversation/c-1"} {
		if n := testing.AllocsPerRun(100, func() { _, _ = topic.Parse(name) }); n != 0 {
			t.Errorf("Parse(%q) allocates %.0f times", name, n)
		}
	}
}
