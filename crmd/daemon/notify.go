package daemon

import "net"

// Notify tells the service manager how the daemon is (sd_notify); without one, nothing.
// socket is the value of NOTIFY_SOCKET, state for example "READY=1".
func Notify(socket, state string) error {
	if socket == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Write([]byte(state))
	return err
}
