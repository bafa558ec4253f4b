package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestThePictureIsWellFormedAndHoldsEveryLine(t *testing.T) {
	picture := LogLog("cost & size", "people", "µs", []Line{
		{Name: "a < b", Points: []Point{{1000, 30}, {100_000, 33}}},
		{Name: "nothing has no logarithm", Points: []Point{{0, 1}, {10, 0}}},
	})
	elements := map[string]int{}
	for d := xml.NewDecoder(bytes.NewReader(picture)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			elements[e.Name.Local]++
		}
	}
	if elements["polyline"] != 2 || elements["circle"] != 2 {
		t.Errorf("%v", elements)
	}
	for _, text := range []string{"a &lt; b", "100,000", "cost &amp; size"} {
		if !strings.Contains(string(picture), text) {
			t.Errorf("%q is not in the picture", text)
		}
	}
	if strings.Contains(string(picture), "Inf") || strings.Contains(string(picture), "NaN") {
		t.Error("a value without a logarithm was drawn")
	}
}

func TestAPictureOfNothingIsAPicture(t *testing.T) {
	if picture := LogLog("", "", "", nil); !bytes.HasSuffix(picture, []byte("</svg>\n")) || bytes.Contains(picture, []byte("NaN")) {
		t.Errorf("%s", picture)
	}
}
