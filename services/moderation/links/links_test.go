package links_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/palabre/palabre/services/moderation/fold"
	"github.com/palabre/palabre/services/moderation/links"
)

// found answers the parts of a text that are links, and e-mail addresses in angle brackets.
func found(text string) string {
	var parts []string
	runes := []rune(text)
	for _, l := range links.Find(fold.New(text)) {
		part := string(runes[l.Start:l.End])
		if l.Kind == links.Email {
			part = "<" + part + ">"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

func TestWhatIsALink(t *testing.T) {
	tests := []struct{ text, want string }{
		{"voir http://exemple.fr/a?b=c#d, merci", "http://exemple.fr/a?b=c#d"},
		{"HTTPS://EXEMPLE.FR et ftp://x", "HTTPS://EXEMPLE.FR ftp://x"},
		{"http://a.frhttp://b.fr", "http://a.fr http://b.fr"},
		{"xhttp://a.fr", "http://a.fr"},
		{"<http://a.fr> \"http://b.fr\" «http://c.fr»", "http://a.fr http://b.fr http://c.fr"},
		{"http:// tout seul", ""},
		{"http://192.168.1.1/admin", "http://192.168.1.1/admin"},
		{"ｈｔｔｐ：／／exemple.fr", "ｈｔｔｐ：／／exemple.fr"},
		{"htt\u200bp://exemple.fr", "htt\u200bp://exemple.fr"},
		{"www.exemple", "www.exemple"},
		{"WWW.exemple.fr/x", "WWW.exemple.fr/x"},
		{"allez sur exemple.fr.", "exemple.fr"},
		{"exemple.fr,autre.com", "exemple.fr autre.com"},
		{"exemple.com:8080/x", "exemple.com:8080/x"},
		{"bit.ly/abc t.me/x youtu.be/y", "bit.ly/abc t.me/x youtu.be/y"},
		{"a.b.exemple.co.uk", "a.b.exemple.co.uk"},
		{"bücher.de", "bücher.de"}, {"пример.рф", "пример.рф"}, {"例子.中国", "例子.中国"}, {"看example.com吧", "example.com"},
		{"xn--bcher-kva.de", "xn--bcher-kva.de"},
		{"EXEMPLE.FR", "EXEMPLE.FR"}, {"Exemple.Com", "Exemple.Com"}, {"(exemple.fr)", "exemple.fr"},
		{"exemple。com", "exemple。com"}, {"163.com", "163.com"},
		{"écrire à jean.dupont@exemple.fr ou jean+tri@exemple.co.uk", "<jean.dupont@exemple.fr> <jean+tri@exemple.co.uk>"},
		{"http://jean@exemple.fr/", "http://jean@exemple.fr/"},
		// What is none.
		{"c'est la fin.Début", ""}, {"the end.Start", ""}, {"fini.La suite", ""}, {"merci.je pars", ""}, {"c'est fini.il part", ""},
		{"192.168.1.1", ""}, {"192.168.1.1:80/x", ""}, {"version 1.2.3", ""}, {"3.14", ""}, {"5.km", ""}, {"12.am", ""}, {"rapport.pdf", ""},
		{"main.go notes.txt photo.jpg archive.zip script.py README.md", ""}, {"etc...com", ""}, {"M.Dupont", ""}, {"e.g. i.e. p.ex.", ""},
		{"@anna.fr", ""}, {"a@b", ""}, {"foo@bar baz", ""}, {"12.30", ""}, {"1.000.000,00", ""}, {"", ""}, {".", ""}, {"fin.dé", ""},
		{"oui.non", ""}, {"Qui ?moi.Toi", ""}, {"quel s@laud.Merci", ""}, {"://", ""},
	}
	for _, test := range tests {
		if got := found(test.text); got != test.want {
			t.Errorf("%q: found %q, want %q", test.text, got, test.want)
		}
	}
}

func TestALinkLeadsToADomain(t *testing.T) {
	tests := []struct{ text, domain, path string }{
		{"https://u:p@Exemple.FR:81/Ab", "exemple.fr", "/ab"},
		{"bücher.de/x", "xn--bcher-kva.de", "/x"},
		{"http://раураl.com", "xn--l-7sba6dbr.com", ""},
		{"exemple.com:80/x", "exemple.com", "/x"},
		{"discord.gg/abc.", "discord.gg", "/abc"},
	}
	for _, test := range tests {
		got := links.Find(fold.New(test.text))
		if len(got) != 1 || got[0].Domain != test.domain || got[0].Path != test.path {
			t.Errorf("%q: %+v", test.text, got)
		}
	}
}

func TestADomainHasThoseBelowIt(t *testing.T) {
	d, bad := links.NewDomains([]string{"exemple.fr", "*.Bücher.de", "", "a b", "mail.org."})
	if !slices.Equal(bad, []int{2, 3}) {
		t.Errorf("entries %v are bad", bad)
	}
	for domain, want := range map[string]bool{
		"exemple.fr": true, "a.b.exemple.fr": true, "xn--bcher-kva.de": true, "mail.org": true, "monexemple.fr": false, "fr": false,
		"exemple.fr.com": false,
	} {
		if d.Has(domain) != want {
			t.Errorf("has %s: %t", domain, !want)
		}
	}
}

func TestInvitations(t *testing.T) {
	for text, want := range map[string]bool{
		"https://chat.whatsapp.com/Abc": true, "wa.me/33612345678": true, "t.me/groupe": true, "discord.gg/x": true, "discord.com/invite/x": true,
		"discord.com/blog": false, "exemple.fr/t.me": false, "t.me": false, "moi@t.me": false, "www.snapchat.com/add/x": true,
	} {
		if got := links.Find(fold.New(text)); len(got) != 1 || got[0].IsInvite() != want {
			t.Errorf("%s: %+v, want %t", text, got, want)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, seed := range []string{"http://a.fr b.com", "a@b.co.", "www.", "看a.com吧", "http://http://@", "a.b:", "x.fr:80", "é.fr/?#", "a。com"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		folded := fold.New(text)
		end := 0
		for _, l := range links.Find(folded) {
			if l.Start < end || l.End <= l.Start || l.End > folded.Len {
				t.Fatalf("%+v is no part of %q, or overlaps", l, text)
			}
			end = l.End
		}
	})
}

func BenchmarkFind(b *testing.B) {
	for name, text := range map[string]string{
		"prose": "Bonjour à tous, la réunion du conseil d’administration est reportée à mardi prochain. Merci !",
		"links": "voir http://exemple.fr/a, exemple.com, moi@exemple.fr et www.autre.fr",
		"100kB": strings.Repeat("a.fr ", 20_000), "100kB of a host": strings.Repeat("a.", 50_000), "100kB of @": strings.Repeat("a@b.c", 20_000),
		"100kB of schemes": strings.Repeat("http://", 14_000), "100kB of a word": strings.Repeat("a", 100_000) + ".fr",
	} {
		folded := fold.New(text)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				links.Find(folded)
			}
		})
	}
}
