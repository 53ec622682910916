package fencedevices

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// RackPDU is a switched rack PDU of APC that is asked by SNMP version 1 or 2c, as
// fence_apc_snmp knows it. A wrong community is not answered.
type RackPDU struct {
	Machines  *Machines
	Community string
}

// Where the PDU keeps what. Source: APC's PowerNet-MIB.
const (
	oidSysObjectID = "1.3.6.1.2.1.1.2.0"
	oidRackPDU     = "1.3.6.1.4.1.318.1.3.4.5"
	oidName        = "1.3.6.1.4.1.318.1.1.12.3.5.1.1.2."
	oidState       = "1.3.6.1.4.1.318.1.1.12.3.5.1.1.4."
	oidControl     = "1.3.6.1.4.1.318.1.1.12.3.3.1.1.4."
)

// Serve answers requests at addr until close is called.
func (p RackPDU) Serve(addr string) (port int, closeAll func(), err error) {
	conn, err := net.ListenPacket("udp", addr)
	if err != nil {
		return 0, nil, err
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		buf := make([]byte, 65536)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if reply := p.answer(buf[:n]); reply != nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	return conn.LocalAddr().(*net.UDPAddr).Port, func() {
		_ = conn.Close()
		<-over
	}, nil
}

// The requests, and the answer. Source: RFC 1157, RFC 3416.
const (
	getRequest     ber.Tag = 0
	getNextRequest ber.Tag = 1
	getResponse    ber.Tag = 2
	setRequest     ber.Tag = 3
	noSuchName             = 2
)

// answer gives the reply to a packet; nil is silence.
func (p RackPDU) answer(packet []byte) []byte {
	msg, err := ber.DecodePacketErr(packet)
	if err != nil || len(msg.Children) != 3 || string(msg.Children[1].ByteValue) != p.Community || len(msg.Children[2].Children) != 4 {
		return nil
	}
	request := msg.Children[2]
	status, index := 0, 0
	list := ber.NewSequence("bindings")
	for i, binding := range request.Children[3].Children {
		if len(binding.Children) != 2 {
			return nil
		}
		oid := parseOID(binding.Children[0].Data.Bytes())
		reply := p.bind(request.Tag, oid, binding.Children[1])
		if reply == nil {
			status, index, reply = noSuchName, i+1, pair(oid, ber.Encode(ber.ClassUniversal, ber.TypePrimitive, ber.TagNULL, nil, ""))
		}
		list.AppendChild(reply)
	}
	response := ber.Encode(ber.ClassContext, ber.TypeConstructed, getResponse, nil, "")
	response.AppendChild(request.Children[0])
	response.AppendChild(integer(int64(status)))
	response.AppendChild(integer(int64(index)))
	response.AppendChild(list)
	out := ber.NewSequence("message")
	out.AppendChild(msg.Children[0])
	out.AppendChild(msg.Children[1])
	out.AppendChild(response)
	return out.Bytes()
}

// bind does what is asked of one object; nil when there is no such object.
func (p RackPDU) bind(request ber.Tag, oid string, value *ber.Packet) *ber.Packet {
	objects := p.objects()
	at := slices.IndexFunc(objects, func(o object) bool { return o.oid == oid })
	switch request {
	case getNextRequest:
		at = slices.IndexFunc(objects, func(o object) bool { return compareOID(o.oid, oid) > 0 })
	case setRequest:
		plug, isControl := strings.CutPrefix(oid, oidControl)
		wanted, isNumber := value.Value.(int64)
		if !isControl || !isNumber || !p.Machines.turn(plug, wanted == 1) {
			return nil
		}
		return pair(oid, integer(wanted))
	case getRequest:
	default:
		return nil
	}
	if at < 0 {
		return nil
	}
	return pair(objects[at].oid, objects[at].value)
}

// object is a leaf of the device's tree.
type object struct {
	oid   string
	value *ber.Packet
}

// objects are all there is to read, in the order of the tree.
func (p RackPDU) objects() []object {
	all := []object{{oidSysObjectID, oidValue(oidRackPDU)}}
	for _, o := range p.Machines.outlets() {
		state := integer(map[string]int64{"ON": 1, "OFF": 2}[o.state])
		all = append(all,
			object{oidName + strconv.Itoa(o.number), ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, o.name, "")},
			object{oidState + strconv.Itoa(o.number), state},
			object{oidControl + strconv.Itoa(o.number), state})
	}
	slices.SortFunc(all, func(a, b object) int { return compareOID(a.oid, b.oid) })
	return all
}

func pair(oid string, value *ber.Packet) *ber.Packet {
	p := ber.NewSequence("")
	p.AppendChild(oidValue(oid))
	p.AppendChild(value)
	return p
}

func integer(n int64) *ber.Packet {
	return ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, n, "")
}

// oidValue encodes an object identifier: the first two numbers share a byte, the others
// take seven bits a byte.
func oidValue(oid string) *ber.Packet {
	n := numbers(oid)
	body := []byte{byte(40*n[0] + n[1])}
	for _, v := range n[2:] {
		enc := []byte{byte(v & 0x7f)}
		for v >>= 7; v > 0; v >>= 7 {
			enc = append(enc, byte(v&0x7f)|0x80)
		}
		slices.Reverse(enc)
		body = append(body, enc...)
	}
	p := ber.Encode(ber.ClassUniversal, ber.TypePrimitive, ber.TagObjectIdentifier, nil, "")
	_, _ = p.Data.Write(body)
	return p
}

// parseOID decodes an object identifier.
func parseOID(body []byte) string {
	if len(body) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d.%d", body[0]/40, body[0]%40)
	v := 0
	for _, c := range body[1:] {
		v = v<<7 | int(c&0x7f)
		if c&0x80 == 0 {
			fmt.Fprintf(&b, ".%d", v)
			v = 0
		}
	}
	return b.String()
}

func numbers(oid string) []int {
	var out []int
	for s := range strings.SplitSeq(oid, ".") {
		v, _ := strconv.Atoi(s)
		out = append(out, v)
	}
	return out
}

func compareOID(a, b string) int { return slices.Compare(numbers(a), numbers(b)) }
