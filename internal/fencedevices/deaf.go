package fencedevices

import (
	"io"
	"net"
)

// Deaf is a device that hangs: it takes connections and packets, and never answers.
func Deaf(addr string) (port int, closeAll func(), err error) {
	port, closeTCP, err := serve(addr, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	if err != nil {
		return 0, nil, err
	}
	host, _, _ := net.SplitHostPort(addr)
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host), Port: port})
	if err != nil {
		closeTCP()
		return 0, nil, err
	}
	return port, func() {
		_ = udp.Close()
		closeTCP()
	}, nil
}
