package fencedevices

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"net"

	"golang.org/x/crypto/ssh"
)

// SSH serves a device's dialog to whoever logs in with the password, until close is called.
func SSH(addr string, device Device, user, password string) (port int, closeAll func(), err error) {
	cfg := &ssh.ServerConfig{
		PasswordCallback: func(c ssh.ConnMetadata, p []byte) (*ssh.Permissions, error) {
			if c.User() != user || string(p) != password {
				return nil, errors.New("wrong user or password")
			}
			return nil, nil
		},
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return 0, nil, err
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return 0, nil, err
	}
	cfg.AddHostKey(signer)
	return serve(addr, func(conn net.Conn) { serveSSH(conn, cfg, device) })
}

func serveSSH(conn net.Conn, cfg *ssh.ServerConfig, device Device) {
	_, channels, requests, err := ssh.NewServerConn(conn, cfg)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for wanted := range channels {
		if wanted.ChannelType() != "session" {
			_ = wanted.Reject(ssh.UnknownChannelType, "only sessions")
			continue
		}
		channel, asked, err := wanted.Accept()
		if err != nil {
			return
		}
		for r := range asked {
			ok := r.Type == "pty-req" || r.Type == "shell" || r.Type == "env"
			if r.WantReply {
				_ = r.Reply(ok, nil)
			}
			if r.Type == "shell" {
				go ssh.DiscardRequests(asked)
				device.Serve(newConsole(channel))
				_ = channel.Close()
				return
			}
		}
	}
}
