package webhook_test

import (
	"encoding/base64"
	"testing"
)

// The example of the specification, https://github.com/standard-webhooks/standard-webhooks: what the tests hold posts against is
// what receivers compute.
func TestTheTestsComputeTheSignatureOfStandardWebhooks(t *testing.T) {
	key, err := base64.StdEncoding.DecodeString("plJ3nmyCDGBKInavdOK15jsl")
	must(t, err)
	got := signature(string(key), "msg_loFOjxBNrRLzqYUf", "1731705121", []byte(`{"event_type":"ping","data":{"success":true}}`))
	if want := "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
