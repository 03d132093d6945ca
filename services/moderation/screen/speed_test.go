//go:build !race && linux

package screen_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/palabre/palabre/services/moderation/screen"
)

// patience is how much longer things may take on a slower or busier machine.
const patience = 4

// everything is a rule of each kind, and n words.
func everything(n int, patterns ...string) screen.Rules {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf("blörb%dqx", i)
	}
	return screen.Rules{
		Words: []screen.Entries{{Rule: "w", Entries: words}}, Patterns: []screen.Entries{{Rule: "p", Entries: patterns}},
		Allow: []string{"blörb1qx carne"}, URLs: []screen.Limit{{Rule: "u", Limit: 2}}, Mentions: []screen.Limit{{Rule: "m", Limit: 5}},
		Deny: []screen.Entries{{Rule: "d", Entries: []string{"exemple.fr"}}}, Invites: []string{"i"}, Phones: []string{"t"}, Emails: []string{"e"},
		Repetition: []screen.Share{{Rule: "r", Share: 0.8}}, Capitals: []screen.Share{{Rule: "c", Share: 0.9}},
	}
}

const prose = "Bonjour à tous, la réunion du conseil d’administration est reportée à mardi prochain, 18 h 30, à la salle des " +
	"fêtes. Merci d’apporter vos comptes rendus et, si possible, un gâteau !"

func TestSpeedAllRulesTogetherTakeMicroseconds(t *testing.T) {
	set, _ := screen.Compile(everything(1_000))
	took := fastest(t, 200, func() { set.Screen(prose) })
	t.Logf("a message by every kind of rule: %v", took)
	if took > patience*10*time.Microsecond {
		t.Errorf("a message takes %v", took)
	}
	if n := testing.AllocsPerRun(100, func() { set.Screen(prose) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func TestSpeedNoTextTakesLong(t *testing.T) {
	set, _ := screen.Compile(everything(1_000, `(a|b)*c`, `\d{4}[- ]?\d{4}`, `(?i)promo.{0,40}code`))
	for _, part := range []string{prose, "a", "a\n", "a.fr ", "@a ", "06 ", "+1", "http://", "é", "A ", "ab", "promo "} {
		text := strings.Repeat(part, 100_000/len(part))
		took := fastest(t, 5, func() { set.Screen(text) })
		t.Logf("%.9q: %v", part, took)
		if took > patience*50*time.Millisecond {
			t.Errorf("100 kB of %q take %v", part, took)
		}
	}
}

// fastest answers the least processor time that something takes: what else the machine does makes it longer only.
func fastest(t *testing.T, times int, do func()) time.Duration {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	least := time.Hour
	for range times {
		start := processorTime(t)
		do()
		least = min(least, processorTime(t)-start)
	}
	return least
}

// processorTime is how long this thread has been running.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		t.Fatal(err)
	}
	return time.Duration(now.Nano())
}

func BenchmarkScreen(b *testing.B) {
	set, _ := screen.Compile(everything(1_000))
	b.ReportAllocs()
	for b.Loop() {
		set.Screen(prose)
	}
}
