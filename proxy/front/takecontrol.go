package front

import (
	"errors"

	"github.com/aclens/aclens/proxy/view"
	"github.com/aclens/aclens/proxy/wire"
)

// takeFlag is for controls without a value; some libraries send an empty one.
func takeFlag(note func(*requestControls)) func(*requestControls, *wire.Control, *scratch, wire.FilterLimits) error {
	return func(asked *requestControls, c *wire.Control, _ *scratch, _ wire.FilterLimits) error {
		if len(c.Value) > 0 {
			return errors.New("control has a value")
		}
		note(asked)
		return nil
	}
}

func takeForLogin(asked *requestControls, c *wire.Control, _ *scratch, _ wire.FilterLimits) error {
	if len(c.Value) > 0 {
		return errors.New("control has a value")
	}
	asked.forLogin = append(asked.forLogin, *c)
	return nil
}

func takePage(asked *requestControls, c *wire.Control, w *scratch, _ wire.FilterLimits) error {
	paged, err := wire.ParsePaged(c.Value)
	w.page = view.Page{Size: paged.Size, Cookie: paged.Cookie}
	asked.page = &w.page
	return err
}

func takeSort(asked *requestControls, c *wire.Control, _ *scratch, _ wire.FilterLimits) error {
	keys, err := wire.ParseSortRequest(c.Value)
	asked.sort = &view.Sort{Keys: keys, Critical: c.Critical}
	return err
}

func takeVLV(asked *requestControls, c *wire.Control, w *scratch, _ wire.FilterLimits) (err error) {
	w.vlv, err = wire.ParseVLVRequest(c.Value)
	asked.vlv = &w.vlv
	return err
}

func takeValues(asked *requestControls, c *wire.Control, _ *scratch, limits wire.FilterLimits) (err error) {
	asked.values, err = wire.ParseMatchedValues(c.Value, limits)
	return err
}

func takeAssertion(asked *requestControls, c *wire.Control, w *scratch, limits wire.FilterLimits) (err error) {
	w.assert, err = wire.ParseAssertion(c.Value, limits)
	asked.assertion = &w.assert
	return err
}

func takeDeref(asked *requestControls, c *wire.Control, _ *scratch, limits wire.FilterLimits) error {
	specs, err := wire.ParseDerefRequest(c.Value, limits.Terms)
	asked.deref = &view.Deref{Specs: specs, Critical: c.Critical}
	return err
}

func takeSubentries(asked *requestControls, c *wire.Control, _ *scratch, _ wire.FilterLimits) error {
	visible, err := wire.ParseSubentries(c.Value)
	asked.subentries = view.SubentriesNever
	if visible {
		asked.subentries = view.SubentriesOnly
	}
	return err
}
