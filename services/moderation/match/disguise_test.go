package match_test

import (
	"testing"

	"github.com/palabre/palabre/services/moderation/match"
)

func TestADisguiseIsReadAndSaidToBe(t *testing.T) {
	tests := []struct{ entry, text, want, reading string }{
		{"con", "quel соп", "соп", "look-alike"},
		{"con", "🅲🅾🅽", "🅲🅾🅽", "look-alike"},
		{"con", "🇨🇴🇳", "🇨🇴🇳", "look-alike"},
		{"con", "ᴄᴏɴ", "ᴄᴏɴ", "look-alike"},
		{"con", "CОΝ", "CОΝ", "look-alike"},
		{"cool", "so 🆒!", "🆒", "look-alike"},
		{"salope", "saIope", "saIope", "look-alike"},
		{"merde", "rnerde", "rnerde", "look-alike"},
		{"wank", "vvank", "vvank", "look-alike"},
		{"сука", "cyka", "cyka", "look-alike"},
		{"con", "c0n", "c0n", "leet"},
		{"ass", "a$$", "a$$", "leet"},
		{"ass", "@ss!", "@ss", "leet"},
		{"merde", "m3rd3!!!", "m3rd3", "leet"},
		{"salope", "$@l0p€", "$@l0p€", "leet"},
		{"salope", "s|lop€", "", ""},
		{"pipi", "p!pi", "p!pi", "leet"},
		{"pipi", "p!p!", "p!p!", "leet"},
		{"pipi", "pip!!!", "pip!!!", "leet+stretched"},
		{"putes", "pute$!", "pute$", "leet"},
		{"con", "coooon", "coooon", "stretched"},
		{"con", "CONNNNN", "CONNNNN", "stretched"},
		{"connard", "cooonnard", "cooonnard", "stretched"},
		{"con", "c0оon", "c0оon", "look-alike+leet+stretched"},
		{"con", "c o n", "c o n", "spelled"},
		{"con", "il est c.o.n !", "c.o.n", "spelled"},
		{"con", "c - 0 - n", "c - 0 - n", "leet+spelled"},
		{"salope", "s @ l o p e", "s @ l o p e", "leet+spelled"},
		{"connard", "con*nard", "con*nard", "joined"},
		{"connard", "con💩nard", "con💩nard", "joined"},
		{"connard", "c_o_n_n_a_r_d", "c_o_n_n_a_r_d", "spelled"},
		{"connard", "c0n-n@rd", "c0n-n@rd", "leet+joined"},
		{"va au diable", "v@ au d1able", "v@ au d1able", "leet"},
		{"con*", "c0nnard", "c0nnard", "leet"},
		{"*ard", "conn4rd", "conn4rd", "leet"},
		{"*cona*", "connnard", "connnard", "stretched"},
		{"笨蛋", "你这个 笨 蛋 吗", "笨 蛋", "plain"},
	}
	for _, test := range tests {
		hits := match.New(words(test.entry), nil).Find(test.text)
		if test.want == "" {
			if len(hits) > 0 {
				t.Errorf("%s is found in %q as %s", test.entry, test.text, hits[0].Reading)
			}
			continue
		}
		if len(hits) == 0 {
			t.Errorf("%s is not found in %q", test.entry, test.text)
			continue
		}
		got := string([]rune(test.text)[hits[0].Start:hits[0].End])
		if reading := hits[0].Reading.String(); got != test.want || reading != test.reading {
			t.Errorf("%s is found in %q: %q, %s; want %q, %s", test.entry, test.text, got, reading, test.want, test.reading)
		}
	}
}

func TestWhatOnlyLooksLikeADisguiseIsNone(t *testing.T) {
	tests := []struct{ entry, text string }{
		{"mal", "LE MOIS DE MAI"}, {"coit", "un colt"}, {"bum", "burn"}, {"porn", "pom pom"}, {"file", "la fille"},
		{"con", "coon"}, {"con", "con3"}, {"con", "co n"}, {"con", "c o"}, {"con", "a c o n d"}, {"con", "c    o    n"},
		{"connard", "con nard"}, {"connard", "con, nard"}, {"connard", "con.nard"}, {"connard", "con'nard"}, {"connard", "con&nard"},
		{"ass", "@$$"}, {"me", "m3"}, {"es", "35"}, {"connard", "conard"}, {"so", "50"}, {"ass", "$$$ as"}, {"salope", "$@10p€"},
	}
	for _, test := range tests {
		if hits := match.New(words(test.entry), nil).Find(test.text); len(hits) > 0 {
			t.Errorf("%s is found in %q as %s", test.entry, test.text, hits[0].Reading)
		}
	}
}
