package nbtest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
)

func TestFailure(t *testing.T) {
	stderr := func(texts ...string) (outs []Output) {
		for _, s := range texts {
			outs = append(outs, Output{Type: "stream", Stream: "stderr", Text: s})
		}
		return outs
	}
	for _, tc := range []struct {
		name    string
		outputs []Output
		reply   error
		want    string // empty: no failure
	}{
		{"nothing", nil, nil, ""},
		{"warning", stderr("W0101 slow\n"), nil, ""},
		{"words", stderr("its exit status 1\nexit status 1 was seen\nsignal lost\n"), nil, ""},
		{"stdout", []Output{{Type: "stream", Stream: "stdout", Text: "exit status 1\n"}}, nil, ""},
		{"shell", stderr("no such file\nexit status 127\n"), nil, "exit status 127"},
		{"in pieces", stderr("exit sta", "tus 1\n"), nil, "exit status 1"},
		{"killed", stderr("signal: killed\n"), nil, "signal: killed"},
		{"unknown command", stderr(`"%plot" unknown or not implemented yet.`), nil, `"%plot" unknown`},
		{"reply", nil, errors.New("error: E v"), "error: E v"},
		{"error", []Output{{Type: "error", Name: "E", Value: "v", Traceback: []string{"\x1b[31mCell 1\x1b[0m"}}}, nil, "E: v\nCell 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := failure(tc.outputs, tc.reply)
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

func pngText(t *testing.T, img image.Image) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func TestCheckPictures(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 9, 4))
	blank := pngText(t, img)
	img.Set(8, 3, color.White)
	good := pngText(t, img)
	show := func(mimes ...string) Output {
		o := Output{Type: "display_data", Data: map[string]any{}}
		for i := 0; i < len(mimes); i += 2 {
			o.Data[mimes[i]] = mimes[i+1]
		}
		return o
	}
	for _, tc := range []struct {
		name    string
		figures int
		outputs []Output
		want    string
	}{
		{"none", 0, nil, ""},
		{"missing", 1, []Output{show("text/html", "<b>progress</b>")}, "0 pictures are shown"},
		{"png", 1, []Output{show("image/png", good[:8]+"\n"+good[8:])}, ""},
		{"unannounced", 0, []Output{show("image/png", good)}, "1 pictures are shown"},
		{"svg", 3, []Output{show("text/html", "<div><svg width='1'/><svg></svg></div>"), show("image/svg+xml", "<svg/>")}, ""},
		{"two forms of one", 1, []Output{show("image/png", good, "image/svg+xml", "<svg/>")}, ""},
		{"blank", 1, []Output{show("image/png", blank)}, "picture of (9,4) pixels is blank"},
		{"cut", 1, []Output{show("image/png", good[:len(good)/8*4])}, "picture: "},
		{"not base64", 1, []Output{show("image/png", "?")}, "picture: illegal base64"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			nb := &Notebook{Settings: Settings{Figures: tc.figures}, Cells: []Cell{{Type: "code", Outputs: tc.outputs}}}
			err := nb.checkPictures()
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

func TestCollect(t *testing.T) {
	var c Cell
	for _, m := range []struct{ kind, content string }{
		{"execute_input", `{"code":"x"}`},
		{"stream", `{"name":"stdout","text":"a"}`},
		{"stream", `{"name":"stdout","text":"b\n"}`},
		{"stream", `{"name":"stderr","text":"c"}`},
		{"display_data", `{"data":{"text/html":"1 %"},"metadata":{},"transient":{"display_id":"bar"}}`},
		{"update_display_data", `{"data":{"text/html":"99 %"},"metadata":{},"transient":{"display_id":"bar"}}`},
		{"update_display_data", `{"data":{"text/html":"?"},"metadata":{},"transient":{"display_id":"other"}}`},
		{"error", `{"ename":"E","evalue":"v","traceback":["t"]}`},
	} {
		if err := c.collect(message{Header: header{Type: m.kind}, Content: json.RawMessage(m.content)}); err != nil {
			t.Fatalf("%s: %v", m.kind, err)
		}
	}
	if len(c.Outputs) != 4 {
		t.Fatalf("outputs %+v", c.Outputs)
	}
	if c.Outputs[0].Text != "ab\n" || c.Outputs[1].Stream != "stderr" || c.Outputs[2].Data["text/html"] != "99 %" ||
		c.Outputs[3].Name != "E" {
		t.Errorf("outputs %+v", c.Outputs)
	}
	if err := c.collect(message{Header: header{Type: "stream"}, Content: json.RawMessage("[")}); err == nil {
		t.Error("a broken message is accepted")
	}
}

func TestSignature(t *testing.T) {
	s := newSigner()
	id, msg, err := s.request("execute_request", map[string]string{"code": "x"})
	if err != nil {
		t.Fatal(err)
	}
	frames := append([][]byte{[]byte("route")}, msg.Frames...)
	m, err := s.parse(frames)
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.ID != id || m.Header.Type != "execute_request" || string(m.Content) != `{"code":"x"}` {
		t.Errorf("message %+v", m)
	}
	frames[len(frames)-1] = []byte(`{"code":"y"}`)
	if _, err := s.parse(frames); err == nil || !strings.Contains(err.Error(), "wrong signature") {
		t.Errorf("changed message: error %v", err)
	}
	if _, err := newSigner().parse(msg.Frames); err == nil {
		t.Error("message with another key is accepted")
	}
	if _, err := s.parse(msg.Frames[:4]); err == nil {
		t.Error("incomplete message is accepted")
	}
}

// recorder stands in for a test that Need may skip or fail.
type recorder struct {
	testing.TB
	skipped, failed bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Skipf(string, ...any)  { r.skipped = true }
func (r *recorder) Fatalf(string, ...any) { r.failed = true }

func TestNeed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, tc := range []struct {
		bin  string
		want recorder
	}{
		{"", recorder{skipped: true}},
		{t.TempDir(), recorder{failed: true}},
		{"relative", recorder{failed: true}},
	} {
		t.Setenv(BinEnv, tc.bin)
		var got recorder
		Need(&got)
		if got != tc.want {
			t.Errorf("%s=%q: %+v, want %+v", BinEnv, tc.bin, got, tc.want)
		}
	}
}
