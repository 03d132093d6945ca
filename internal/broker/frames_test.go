package broker

import (
	"errors"
	"testing"
)

func TestFramesFindsPacketsHoweverTheyAreCut(t *testing.T) {
	packet := func(size int) []byte {
		p := []byte{0x30}
		for n := size; ; {
			b := byte(n & 0x7f)
			if n >>= 7; n > 0 {
				p = append(p, b|0x80)
				continue
			}
			p = append(p, b)
			return append(p, make([]byte, size)...)
		}
	}
	for _, tt := range []struct {
		name  string
		sizes []int
		want  error
	}{
		{"none", nil, nil},
		{"empty packets", []int{0, 0, 0}, nil},
		{"packets up to the limit", []int{1, 127, 128, 200, 0, 1}, nil},
		{"one beyond", []int{5, 201}, errPacketTooLarge},
		{"one far beyond", []int{1 << 15}, errPacketTooLarge},
	} {
		var stream []byte
		for _, size := range tt.sizes {
			stream = append(stream, packet(size)...)
		}
		for _, step := range []int{1, 2, 3, 7, len(stream) + 1} {
			f := frames{limit: 200}
			var err error
			for rest := stream; len(rest) > 0 && err == nil; {
				n := min(step, len(rest))
				err = f.scan(rest[:n])
				rest = rest[n:]
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("%s, %d bytes at a time: %v, want %v", tt.name, step, err, tt.want)
			}
		}
	}
	f := frames{limit: 1 << 30}
	if err := f.scan([]byte{0x30, 0x80, 0x80, 0x80, 0x80}); !errors.Is(err, errPacketLength) {
		t.Errorf("a length of five bytes: %v", err)
	}
}
