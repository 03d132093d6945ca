package chat_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/palabre/palabre/services/chat"
)

func TestNamesOfFilesAreFitToBeShownAndSaved(t *testing.T) {
	long := strings.Repeat("é", 200)
	for name, want := range map[string]string{
		"plan.png":                        "plan.png",
		"Réunion du 12 mai (2).pdf":       "Réunion du 12 mai (2).pdf",
		"/etc/passwd":                     "passwd",
		`C:\Users\zoé\photo.jpg`:          "photo.jpg",
		"../../x":                         "x",
		"..":                              "file",
		"":                                "file",
		" \t . ":                          "file",
		"a\u202egnp.exe":                  "agnp.exe", // it showed as aexe.png
		"a\u200b\u2066b\x00\x07\r\nc.txt": "ab c.txt",
		"e\u0301te\u0301.png":             "été.png",
		"a\xffb.png":                      "ab.png",
		`a<b>:"|?*.png`:                   "a_b______.png",
		"nom.":                            "nom",
		"  deux   mots .txt":              "deux mots .txt",
		".profile":                        ".profile",
		"👩\u200d🌾.png":                    "👩\u200d🌾.png",
		long + ".jpeg":                    strings.Repeat("é", 125) + ".jpeg",
		"a." + long:                       "a." + strings.Repeat("é", 126),
	} {
		if got := chat.CleanFileName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

// FuzzFileName: whatever a file is called, its name is fit, and stays as it is from then on.
func FuzzFileName(f *testing.F) {
	for _, seed := range []string{"plan.png", `a\b/c`, "a\u202eb", "e\u0301.\u0301", "\xff\x00", ". . .", "<\u0338", "\u2126\u2000\u1fef", strings.Repeat("\U0001f469", 70) + ".png"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		clean := chat.CleanFileName(name)
		switch {
		case clean == "" || len(clean) > 255 || !utf8.ValidString(clean):
			t.Errorf("%q becomes %q", name, clean)
		case strings.ContainsAny(clean, `/\<>:"|?*`) || clean != strings.TrimSpace(clean) || strings.HasSuffix(clean, "."):
			t.Errorf("%q becomes %q", name, clean)
		case !norm.NFC.IsNormalString(clean):
			t.Errorf("%q becomes %q, which is not NFC", name, clean)
		case chat.CleanFileName(clean) != clean:
			t.Errorf("%q becomes %q, then %q", name, clean, chat.CleanFileName(clean))
		}
		for _, r := range clean {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
				t.Errorf("%q keeps %U", name, r)
			}
		}
	})
}
