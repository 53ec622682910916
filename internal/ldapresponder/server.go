package ldapresponder

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// Protocol operations and result codes that are used here.
// Source: RFC 4511, section 4.
const (
	opBindRequest       = 0
	opBindResponse      = 1
	opUnbindRequest     = 2
	opSearchRequest     = 3
	opSearchResultEntry = 4
	opSearchResultDone  = 5
	opExtendedResponse  = 24

	resultSuccess       = 0
	resultProtocolError = 2
)

// Serve answers on the listener until ctx ends. Searches return the entry
// "cn=HOST,dc=example,dc=com" with the attribute host.
func Serve(ctx context.Context, l net.Listener, host string) error {
	var open sync.WaitGroup
	defer open.Wait()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		open.Add(1)
		go func() {
			defer open.Done()
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			_ = converse(conn, host)
		}()
	}
}

func converse(conn io.ReadWriter, host string) error {
	for {
		message, err := ber.ReadPacket(conn)
		if err != nil {
			return err
		}
		if len(message.Children) < 2 {
			return errors.New("not an LDAP message")
		}
		id, ok := message.Children[0].Value.(int64)
		if !ok {
			return errors.New("LDAP message without a number")
		}
		if message.Children[1].Tag == opUnbindRequest {
			return nil
		}
		for _, answer := range answers(message.Children[1], host) {
			envelope := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
			envelope.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
			envelope.AppendChild(answer)
			if _, err := conn.Write(envelope.Bytes()); err != nil {
				return err
			}
		}
	}
}

func answers(request *ber.Packet, host string) []*ber.Packet {
	switch request.Tag {
	case opBindRequest:
		return []*ber.Packet{result(opBindResponse, resultSuccess)}
	case opSearchRequest:
		return []*ber.Packet{entry(host), result(opSearchResultDone, resultSuccess)}
	default:
		return []*ber.Packet{result(opExtendedResponse, resultProtocolError)}
	}
}

func result(op ber.Tag, code int64) *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, op, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	p.AppendChild(text(""))
	p.AppendChild(text(""))
	return p
}

func entry(host string) *ber.Packet {
	values := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
	values.AppendChild(text(host))
	attribute := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	attribute.AppendChild(text("host"))
	attribute.AppendChild(values)
	attributes := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	attributes.AppendChild(attribute)
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, opSearchResultEntry, nil, "")
	p.AppendChild(text("cn=" + host + ",dc=example,dc=com"))
	p.AppendChild(attributes)
	return p
}

func text(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}
