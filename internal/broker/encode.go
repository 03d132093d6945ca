package broker

import "encoding/binary"

// publishFrame is a PUBLISH without properties. Mochi's own encoder makes four buffers for each and looks for properties that
// none of ours has.
type publishFrame struct {
	name    string
	payload []byte
	qos     byte
	again   bool
}

// encode writes it for a version of MQTT. At QoS 0 it has no packet id.
func (f publishFrame) encode(version byte, id uint16) []byte {
	return f.appendTo(make([]byte, 0, len(f.name)+len(f.payload)+16), version, id)
}

func (f publishFrame) appendTo(out []byte, version byte, id uint16) []byte {
	const publish, dup = 0x30, 0x08
	first := publish | f.qos<<1
	if f.again {
		first |= dup
	}
	out = append(out, first)
	out = appendLength(out, f.remaining(version))
	out = binary.BigEndian.AppendUint16(out, uint16(len(f.name)))
	out = append(out, f.name...)
	if f.qos > 0 {
		out = binary.BigEndian.AppendUint16(out, id)
	}
	if version >= 5 {
		out = append(out, 0) // no properties
	}
	return append(out, f.payload...)
}

// remaining is the length that follows the length.
func (f publishFrame) remaining(version byte) int {
	n := 2 + len(f.name) + len(f.payload)
	if f.qos > 0 {
		n += 2
	}
	if version >= 5 {
		n++
	}
	return n
}

// appendLength writes a variable byte integer [MQTT-1.5.5].
func appendLength(out []byte, n int) []byte {
	const more = 0x80
	for n >= more {
		out = append(out, byte(n)|more)
		n >>= 7
	}
	return append(out, byte(n))
}

// pubackFrame is a PUBACK that says nothing but that all is well, in either version.
func pubackFrame(id uint16) []byte {
	return []byte{0x40, 2, byte(id >> 8), byte(id)}
}
