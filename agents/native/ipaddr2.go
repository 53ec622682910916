package native

import (
	"context"
	"errors"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/tactus-ha/tactus/crm"
)

// IPaddr2 puts an address on an interface and makes the neighbours know. All its state
// is in the kernel, so a monitor sees what anybody did to the address.
var ipaddr2Actions = map[string]action{
	"start": vip(vipStart), "stop": vip(vipStop), "monitor": vip(vipMonitor), "validate-all": vip(vipValidate),
}

// vip reads the parameters and enters the network namespace for an action.
func vip(do func(context.Context, address, *netlink.Handle) Response) action {
	return func(ctx context.Context, r Request) Response {
		a, bad := parseAddress(r)
		if bad != nil {
			return *bad
		}
		var res Response
		err := inNamespace(a.namespace, func() error {
			h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
			if err != nil {
				return err
			}
			defer h.Close()
			res = do(ctx, a, h)
			return nil
		})
		if err != nil {
			if a.req.isProbe() {
				return Response{RC: crm.NotRunning}
			}
			return fail(crm.GenericError, "%v", err)
		}
		return res
	}
}

// kernelFailure is the response to an error of the kernel.
func kernelFailure(what string, err error) Response {
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return fail(crm.NoPermission, "%s: permission denied; the executor needs CAP_NET_ADMIN", what)
	}
	return fail(crm.GenericError, "%s: %v", what, err)
}

func vipStart(ctx context.Context, a address, h *netlink.Handle) Response {
	t, bad := a.place(h)
	if bad != nil {
		return *bad
	}
	if t.present && t.up {
		return Response{} // it was not taken from anybody: nobody needs to be told
	}
	if !t.present {
		if res := a.add(ctx, h, t); res.RC != crm.OK {
			return res
		}
	}
	if !t.up {
		if err := h.LinkSetUp(t.link); err != nil {
			return kernelFailure("bringing "+t.name()+" up", err)
		}
	}
	if a.ip.Is6() {
		if res := a.awaitUsable(ctx, h, t); res.RC != crm.OK {
			return res
		}
	}
	a.announce(ctx, t)
	return Response{}
}

// add puts the address on the interface, after the checks that were asked for.
func (a address) add(ctx context.Context, h *netlink.Handle, t target) Response {
	if a.ip.Is4() && a.req.flag("run_arping") && t.speaksARP() {
		mac, err := a.probe(ctx, t)
		switch {
		case mac != "":
			return fail(crm.GenericError, "%s is already in use by %s on the network of %s", a.ip, mac, t.name())
		case err != nil:
			a.req.log("duplicate address probe: %v", err)
		}
	}
	if a.req.flag("lvs_support") {
		if err := a.takeFromLoopback(h); err != nil {
			return kernelFailure("removing "+a.ip.String()+" from the loopback interface", err)
		}
	}
	if a.labelled {
		if err := addrLabel(unix.RTM_NEWADDRLABEL, a.ip, a.labelValue); err != nil && !errors.Is(err, unix.EEXIST) {
			a.req.log("address label: %v", err)
		}
	}
	err := h.AddrAdd(t.link, a.kernelAddr(t))
	if err != nil && !errors.Is(err, unix.EEXIST) {
		return kernelFailure("adding "+netip.PrefixFrom(a.ip, t.bits).String()+" to "+t.name(), err)
	}
	return Response{}
}

func vipStop(_ context.Context, a address, h *netlink.Handle) Response {
	held, err := a.held(h)
	if err != nil {
		return kernelFailure("listing addresses", err)
	}
	for _, addr := range held {
		link, err := h.LinkByIndex(addr.LinkIndex)
		if err != nil {
			continue // the interface has just gone, and the address with it
		}
		addr.PreferedLft, addr.ValidLft = 0, 0
		if err := h.AddrDel(link, &addr); err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
			return kernelFailure("removing "+a.ip.String()+" from "+link.Attrs().Name, err)
		}
	}
	if a.labelled {
		_ = addrLabel(unix.RTM_DELADDRLABEL, a.ip, a.labelValue) // may be gone already
	}
	if a.req.flag("flush_routes") {
		flushRoutes()
	}
	if a.req.flag("lvs_support") {
		if err := a.giveToLoopback(h); err != nil {
			return kernelFailure("putting "+a.ip.String()+" back on the loopback interface", err)
		}
	}
	return Response{}
}

func vipMonitor(ctx context.Context, a address, h *netlink.Handle) Response {
	held, err := a.held(h)
	switch {
	case err != nil:
		return kernelFailure("listing addresses", err)
	case len(held) == 0:
		return Response{RC: crm.NotRunning}
	}
	link, err := h.LinkByIndex(held[0].LinkIndex)
	if err != nil {
		return Response{RC: crm.NotRunning}
	}
	t := target{link: link, bits: ones(held[0])}
	switch {
	case link.Attrs().RawFlags&unix.IFF_UP == 0:
		return fail(crm.GenericError, "%s is there, but its interface %s is down", a.ip, t.name())
	case held[0].Flags&unix.IFA_F_DADFAILED != 0:
		return fail(crm.GenericError, "%s is there, but somebody else on the network of %s has it too", a.ip, t.name())
	}
	a.refresh(ctx, t)
	return Response{}
}

func vipValidate(_ context.Context, a address, h *netlink.Handle) Response {
	if a.nic == "" {
		return Response{}
	}
	if _, err := h.LinkByName(a.nic); err != nil {
		return fail(crm.NotInstalled, "interface %q does not exist on this node", a.nic)
	}
	return Response{}
}
