package jsonpb

import (
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// appendString writes a string with its quotes, and says whether it is UTF-8.
func appendString(b []byte, s string) (_ []byte, ok bool) {
	if !utf8.ValidString(s) {
		return b, false
	}
	b = append(b, '"')
	plain := 0 // is where that begins which needs no escape
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			b = append(b, s[plain:i]...)
			b = appendEscaped(b, c)
			plain = i + 1
		}
	}
	b = append(b, s[plain:]...)
	return append(b, '"'), true
}

func appendEscaped(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, '\\', 'b')
	case '\f':
		return append(b, '\\', 'f')
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	default:
		const digits = "0123456789abcdef"
		return append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&0xf])
	}
}

// What a timestamp may be: the years 1 to 9999.
const (
	firstSecond = -62135596800
	lastSecond  = 253402300799
)

// timestampWriter writes RFC 3339 in UTC, with 0, 3, 6 or 9 digits of fraction.
func timestampWriter(of protoreflect.MessageDescriptor) messageWriter {
	seconds, nanos := of.Fields().ByName("seconds"), of.Fields().ByName("nanos")
	return func(b []byte, m protoreflect.Message) ([]byte, error) {
		s, n := m.Get(seconds).Int(), m.Get(nanos).Int()
		if s < firstSecond || s > lastSecond || n < 0 || n >= int64(time.Second) {
			return b, fmt.Errorf("jsonpb: a timestamp of %d s and %d ns is out of range", s, n)
		}
		b = append(b, '"')
		b = time.Unix(s, 0).UTC().AppendFormat(b, time.RFC3339)
		b = appendFraction(b[:len(b)-len("Z")], n)
		return append(b, 'Z', '"'), nil
	}
}

func appendFraction(b []byte, nanos int64) []byte {
	if nanos == 0 {
		return b
	}
	dot := len(b)
	b = strconv.AppendInt(b, int64(time.Second)+nanos, 10) // 1 and nine digits
	b[dot] = '.'
	for range 2 {
		if string(b[len(b)-3:]) == "000" {
			b = b[:len(b)-3]
		}
	}
	return b
}
