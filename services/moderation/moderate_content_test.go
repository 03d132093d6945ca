package moderation_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	moderationv1 "github.com/palabre/palabre/gen/go/palabre/moderation/v1"
	rpcv1 "github.com/palabre/palabre/gen/go/palabre/rpc/v1"
	"github.com/palabre/palabre/internal/auth"
	"github.com/palabre/palabre/services/moderation"
)

func TestModerateContentJudgesByTheApplicationsRules(t *testing.T) {
	client := newClient(t)
	tests := map[string]struct {
		caller  auth.Principal
		content string
		status  moderationv1.Verdict_Status
		masked  string
		spans   string
	}{
		"a bad word":                  {chat, "Ô ZÛT!", moderationv1.Verdict_rejected, "Ô ***!", "[2,5)"},
		"a phrase, and a word":        {chat, "Flute, alors 😀 zut", moderationv1.Verdict_rejected, "************ 😀 ***", "[0,12)[15,18)"},
		"an accent of its own":        {chat, "fl\u00fbte alo\u0301rs", moderationv1.Verdict_rejected, "************", "[0,12)"},
		"part of a word":              {chat, "Azutte", moderationv1.Verdict_approved, "Azutte", ""},
		"what is allowed":             {chat, "du Zut-de-Blé", moderationv1.Verdict_approved, "du Zut-de-Blé", ""},
		"what is allowed and not":     {chat, "zut de blé, zut", moderationv1.Verdict_rejected, "zut de blé, ***", "[12,15)"},
		"nothing":                     {chat, "", moderationv1.Verdict_approved, "", ""},
		"by an admin":                 {admin, "zut", moderationv1.Verdict_rejected, "***", "[0,3)"},
		"by a super admin":            {superAdmin, "zut", moderationv1.Verdict_rejected, "***", "[0,3)"},
		"by a service":                {backEnd, "zut", moderationv1.Verdict_rejected, "***", "[0,3)"},
		"without moderator":           {stranger, "zut", moderationv1.Verdict_approved, "zut", ""},
		"for an unruled application":  {unruled, "zut", moderationv1.Verdict_approved, "zut", ""},
		"a content of 100 kB of hits": {chat, strings.Repeat("flûte alors ", 7_800), moderationv1.Verdict_rejected, strings.Repeat("*********** ", 7_800), "-"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			verdict, err := client.ModerateContent(as(t, test.caller), &moderationv1.ModerateContentRequest{Content: test.content})
			must(t, err)
			if verdict.GetStatus() != test.status || verdict.GetMaskedContent() != test.masked {
				t.Errorf("got %v %.80q, want %v %.80q", verdict.GetStatus(), verdict.GetMaskedContent(), test.status, test.masked)
			}
			if got := spans(verdict); test.spans != "-" && got != test.spans {
				t.Errorf("hits are at %s, want %s", got, test.spans)
			}
		})
	}
}

// spans writes where the hits are.
func spans(verdict *moderationv1.Verdict) string {
	var text strings.Builder
	for _, r := range verdict.GetReasons() {
		fmt.Fprintf(&text, "[%d,%d)", r.GetStart(), r.GetEnd())
	}
	return text.String()
}

func TestAReasonSaysWhatHit(t *testing.T) {
	verdict, err := newClient(t).ModerateContent(as(t, chat), &moderationv1.ModerateContentRequest{
		Content: "zut", SenderId: "bob", SenderType: "user", ConversationId: "0190d5a2-7c5b-7000-8000-000000000000",
	})
	must(t, err)
	reason := verdict.GetReasons()[0]
	if reason.GetRule() != "bad_words" || reason.GetCategory() != "profanity" || reason.GetMessage() == "" {
		t.Errorf("got %v", reason)
	}
}

func TestRulesOfTheRequestAreTriedInsteadOfTheApplications(t *testing.T) {
	client := newClient(t)
	trial := &moderationv1.Rules{ModeratorEnabled: true, BadWords: []string{"mince"}}
	for _, p := range []auth.Principal{admin, superAdmin, backEnd, chat, allPeer, stranger} {
		verdict, err := client.ModerateContent(as(t, p), &moderationv1.ModerateContentRequest{Content: "zut, mince", Rules: trial})
		must(t, err)
		if verdict.GetMaskedContent() != "zut, *****" {
			t.Errorf("a %s got %q", p.Kind, verdict.GetMaskedContent())
		}
	}
	t.Run("and change nothing", func(t *testing.T) {
		verdict, err := client.ModerateContent(as(t, admin), &moderationv1.ModerateContentRequest{Content: "zut, mince"})
		must(t, err)
		if verdict.GetMaskedContent() != "***, mince" {
			t.Errorf("got %q", verdict.GetMaskedContent())
		}
	})
	t.Run("where they approve unread too", func(t *testing.T) {
		verdict, err := client.ModerateContent(as(t, admin), &moderationv1.ModerateContentRequest{Content: "zut", Rules: &moderationv1.Rules{}})
		must(t, err)
		if verdict.GetStatus() != moderationv1.Verdict_approved {
			t.Errorf("got %v", verdict)
		}
	})
}

func TestModerateContentIsRefused(t *testing.T) {
	client := newClient(t)
	for _, p := range []auth.Principal{member, visitor} {
		for name, rules := range map[string]*moderationv1.Rules{"": nil, " with rules of their own": {ModeratorEnabled: true}} {
			t.Run("to a "+string(p.Kind)+name, func(t *testing.T) {
				_, err := client.ModerateContent(as(t, p), &moderationv1.ModerateContentRequest{Content: "zut", Rules: rules})
				wantError(t, err, codes.PermissionDenied, rpcv1.ErrorReason_NOT_ALLOWED)
			})
		}
	}
	t.Run("to a peer that names no application", func(t *testing.T) {
		_, err := client.ModerateContent(as(t, allPeer), &moderationv1.ModerateContentRequest{Content: "zut"})
		wantError(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
	})
	t.Run("for a content that is not UTF-8", func(t *testing.T) {
		_, err := client.ModerateContent(as(t, chat), &moderationv1.ModerateContentRequest{Content: "z\xfft"})
		wantError(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
	})
	t.Run("for a content that is too long", func(t *testing.T) {
		_, err := client.ModerateContent(as(t, chat), &moderationv1.ModerateContentRequest{Content: strings.Repeat("a", 102_401)})
		wantError(t, err, codes.InvalidArgument, rpcv1.ErrorReason_INVALID_ARGUMENT)
	})
}

// BenchmarkModerateContent is a whole call, the interceptors included.
func BenchmarkModerateContent(b *testing.B) {
	entries := make([]string, 10_000)
	for i := range entries {
		entries[i] = fmt.Sprintf("blörb%dqx", i)
	}
	client := serve(b, moderation.Config{
		Store: newStore(b), Rules: map[string]*moderationv1.Rules{app: {ModeratorEnabled: true, BadWords: entries}},
	})
	req := &moderationv1.ModerateContentRequest{
		Content: "Bonjour à tous, la réunion du conseil d’administration est reportée à mardi prochain, 18 h 30, à la salle des fêtes.",
	}
	ctx := as(b, chat)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.ModerateContent(ctx, req); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAVerdictSaysWhichTextsAreTheSameWhereRepeatsAreLimited(t *testing.T) {
	client := newClient(t)
	verdict := func(content string, rules *moderationv1.Rules) *moderationv1.Verdict {
		t.Helper()
		v, err := client.ModerateContent(as(t, backEnd), &moderationv1.ModerateContentRequest{Content: content, Rules: rules})
		must(t, err)
		return v
	}
	limited := &moderationv1.Rules{ModeratorEnabled: true, SpamRules: &moderationv1.SpamRules{RepeatLimit: proto.Int32(2)}}
	first := verdict("achète mon livre!", limited).GetFingerprint()
	if again := verdict("Ach3te  m0n livre", limited).GetFingerprint(); len(first) == 0 || !bytes.Equal(first, again) {
		t.Errorf("disguised it is %x, not %x", again, first)
	}
	if another := verdict("achète un livre!", limited).GetFingerprint(); bytes.Equal(first, another) {
		t.Error("another text has the same fingerprint")
	}
	off := proto.CloneOf(limited)
	off.Rules = []*moderationv1.Rule{{Id: "repeat_limit", IsDisabled: true}}
	for name, v := range map[string]*moderationv1.Verdict{
		"without a limit": verdict("bonjour", nil), "with one that is off": verdict("bonjour", off), "without letters": verdict("😀 !", limited),
	} {
		if len(v.GetFingerprint()) > 0 {
			t.Errorf("%s there is a fingerprint", name)
		}
	}
}
