package external_test

import (
	"strings"
	"testing"

	"github.com/palabre/palabre/services/moderation/external"
)

func TestAnAddressThatCannotBeIsRefusedAndNotQuoted(t *testing.T) {
	for _, url := range []string{
		"", "classifier", "ftp://h/x", "https://", "grpc://h", "grpcs://h:1/path", "grpc://user:s3cret@h:1", "https://s3cret\x7f", "grpc://h:1?s3cret",
	} {
		err := external.Config{URL: url}.Validate()
		if err == nil || !strings.HasPrefix(err.Error(), "url: ") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", url, err)
		}
		if _, err := external.New(external.Config{URL: url}); err == nil {
			t.Errorf("%q makes a client", url)
		}
	}
	for _, url := range []string{"https://h/classify?v=1", "http://user:x@127.0.0.1:8000", "grpc://h:1", "grpcs://h.example:443"} {
		if err := (external.Config{URL: url}).Validate(); err != nil {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// The example of docs/moderation.md, for who writes the other side.
func TestASignatureIsAsTheDocumentSays(t *testing.T) {
	got := external.Signature("secret", "1700000000", []byte(`{"content":"bonjour"}`))
	if want := "7f9d346ddefd1882a3295235f0b835c9de6ad57264d387748caad44aafe7f3e4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
