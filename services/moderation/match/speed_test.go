//go:build !race && linux

package match_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/palabre/palabre/services/moderation/match"
)

// Aims on one core of the reference machine; tests allow for a slower or busier one.
const patience = 4

func TestSpeedAMessageIsReadInMicroseconds(t *testing.T) {
	few, many := match.New(invented(1_000), nil), match.New(invented(100_000), nil)
	for _, test := range []struct {
		name string
		m    *match.Matcher
		text string
		aim  time.Duration
	}{
		{"prose, 1,000 words", few, prose, 10 * time.Microsecond},
		{"disguised, 1,000 words", few, disguised, 25 * time.Microsecond},
		{"prose, 100,000 words", many, prose, 40 * time.Microsecond},
		{"disguised, 100,000 words", many, disguised, 40 * time.Microsecond},
		{"disguised, 100,000 words with stars", match.New(wildcards(100_000), nil), disguised, 40 * time.Microsecond},
	} {
		took := fastest(t, 200, func() { test.m.Find(test.text) })
		t.Logf("%s: %v", test.name, took)
		if took > patience*test.aim {
			t.Errorf("%s takes %v, aim %v", test.name, took, test.aim)
		}
	}
}

func TestSpeedNoTextTakesLong(t *testing.T) {
	rules := append(wildcards(50_000), invented(50_000)...)
	rules = append(rules, "*a*", "*ab", "lil", "il", "a a a a a a a a", "a", "あ", "*1l1*", strings.Repeat("il", 31), "*"+strings.Repeat("ab", 31)+"*")
	m := match.New(rules, nil)
	for _, part := range []string{
		prose, disguised, "a", "ab", "l1", "1I", "c o n ", "!1", "a-", "1!", "vv", "あ", "あ ", "a$ ", "🇦", "a ", "а", "$a!", "\u0301", "a\u200b",
		"http://", "a@b.co ", "a.", "🆒", "ы", "il", "\xff", "か\u3099",
	} {
		text := strings.Repeat(part, 100_000/len(part))
		took := fastest(t, 5, func() { m.Find(text) })
		t.Logf("%.9q: %v", part, took)
		if took > patience*50*time.Millisecond {
			t.Errorf("100 kB of %q take %v", part, took)
		}
	}
}

// spiteful is rules that are within each other, alike, and combine, in every way that is known to take long.
func spiteful() []string {
	rules := wildcards(1_000)
	for n := range 30 {
		rules = append(rules, "*"+strings.Repeat("ab", n+1)+"*", "*"+strings.Repeat("la", n)+"ia*", "*"+strings.Repeat("l", n)+"a*")
	}
	for n := range 2_000 {
		rules = append(rules, "*"+strings.NewReplacer("0", "i", "1", "l").Replace(fmt.Sprintf("%011b", n))+"*")
	}
	phrases := []string{""}
	for range 5 {
		for _, phrase := range phrases[:min(len(phrases), 1_000)] {
			for _, word := range []string{"a", "*a", "a*", "*a*"} {
				phrases = append(phrases, phrase+" "+word)
			}
		}
	}
	return append(rules, phrases[1:]...)
}

func TestSpeedFourTimesTheTextTakesFourTimesAsLongAtMost(t *testing.T) {
	m := match.New(spiteful(), []string{"*ab*", "a a"})
	for _, part := range []string{"ab", "4b", "la", "1a", "il", "1I", "l ", "a ", "a a", "a-", "$a!", "lllla", "1a-", disguised} {
		text := func(size int) string { return strings.Repeat(part, size/len(part)) }
		short, long := text(25_000), text(100_000)
		once := fastest(t, 5, func() { m.Find(short) })
		four := fastest(t, 5, func() { m.Find(long) })
		t.Logf("%.9q: %v, %v", part, once, four)
		// Twice that leaves room for what the memory of the machine takes; with the square of the text it would be four times.
		if four > 8*once {
			t.Errorf("25 kB of %q take %v, 100 kB %v", part, once, four)
		}
		if four > patience*50*time.Millisecond {
			t.Errorf("100 kB of %q take %v", part, four)
		}
	}
}

func TestSpeedAHundredThousandEntriesAreCompiledInASecond(t *testing.T) {
	for name, entries := range map[string][]string{"words": invented(100_000), "stars": wildcards(100_000), "digits": numbers(100_000)} {
		var m *match.Matcher
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		took := fastest(t, 1, func() { m = match.New(entries, nil) })
		runtime.ReadMemStats(&after)
		allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
		t.Logf("%s: %v, %d MB", name, took, allocated)
		if took > patience*time.Second || allocated > 200 {
			t.Errorf("100,000 %s take %v and %d MB", name, took, allocated)
		}
		runtime.KeepAlive(m)
	}
}

func TestSpeedATextCostsNoMemoryThatGrowsWithTheRules(t *testing.T) {
	few, many := match.New(invented(10), nil), match.New(invented(10_000), nil)
	if n := testing.AllocsPerRun(100, func() { many.Find(prose + " 😀 Łódź ① ﬃ") }); n > 0 {
		t.Errorf("%v allocations for prose", n)
	}
	with := func(m *match.Matcher) float64 { return testing.AllocsPerRun(100, func() { m.Find(disguised) }) }
	if with(many) > with(few) {
		t.Errorf("%v allocations with many rules, %v with few", with(many), with(few))
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

func numbers(n int) []string {
	entries := make([]string, n)
	for i := range entries {
		entries[i] = fmt.Sprintf("x%d", i*7919%1_000_000)
	}
	return entries
}
