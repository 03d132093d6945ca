package topic_test

import (
	"testing"

	"github.com/palabre/palabre/gateway/mqtt/topic"
)

// Whatever is read as a topic is written as it was, and whatever is valid is read back.
func FuzzParse(f *testing.F) {
	for _, s := range shapes {
		f.Add(s.name)
	}
	f.Add("chat/announcement/")
	f.Add("$SYS/#")
	f.Fuzz(func(t *testing.T, name string) {
		got, err := topic.Parse(name)
		if err != nil {
			return
		}
		if got.String() != name {
			t.Fatalf("Parse(%q) = %+v, written %q", name, got, got.String())
		}
		if err := got.Validate(); err != nil {
			t.Fatalf("Parse(%q) gives what Validate refuses: %v", name, err)
		}
	})
}

func FuzzTopic(f *testing.F) {
	for _, s := range shapes {
		f.Add(s.topic.Prefix, uint8(s.topic.Kind), s.topic.ID)
	}
	f.Fuzz(func(t *testing.T, prefix string, kind uint8, id string) {
		want := topic.Topic{Prefix: prefix, Kind: topic.Kind(kind), ID: id}
		got, err := topic.Parse(want.String())
		switch valid := want.Validate() == nil; {
		case valid && (err != nil || got != want):
			t.Fatalf("%+v is valid, and read back as %+v, %v", want, got, err)
		case !valid && err == nil && got == want:
			t.Fatalf("%+v is not valid, and read back", want)
		}
	})
}

func FuzzParseFilter(f *testing.F) {
	for _, s := range shapes {
		f.Add(s.name)
	}
	f.Add("chat/user/alice/+")
	f.Add("chat/#")
	f.Fuzz(func(t *testing.T, filter string) {
		got, err := topic.ParseFilter(filter)
		if err != nil {
			return
		}
		if got.String() != filter {
			t.Fatalf("ParseFilter(%q) = %+v, written %q", filter, got, got.String())
		}
		if !got.EveryOfUser() && !got.Topic.Kind.Downlink() {
			t.Fatalf("ParseFilter(%q) lets a client read uplinks", filter)
		}
	})
}
