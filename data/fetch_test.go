package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// small is a collection of one compressed file with some content.
func small(t *testing.T) (c collection, plain, packed string) {
	t.Helper()
	plain = encodeIDX(256, 300, 2, 2)
	sum := sha256.Sum256([]byte(plain))
	return collection{files: []remoteFile{{name: "images.gz", sum: hex.EncodeToString(sum[:])}}}, plain, zipped(t, plain)
}

// server serves content as images.gz and counts requests; alter, if not nil,
// may answer in its place by returning true.
func server(t *testing.T, content string, alter func(n int, w http.ResponseWriter, r *http.Request) bool) (url string, requests *[]string) {
	t.Helper()
	requests = new([]string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*requests = append(*requests, r.Header.Get("Range"))
		if alter != nil && alter(len(*requests), w, r) {
			return
		}
		if r.URL.Path != "/mirror/images.gz" {
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, "images.gz", time.Time{}, strings.NewReader(content))
	}))
	t.Cleanup(s.Close)
	return s.URL + "/mirror/", requests
}

// breaks sends the first n bytes of content, from the start of the range that
// is asked for, and then cuts the connection.
func breaks(w http.ResponseWriter, r *http.Request, content string, n int) {
	recorder := httptest.NewRecorder()
	http.ServeContent(recorder, r, "images.gz", time.Time{}, strings.NewReader(content))
	for key, values := range recorder.Header() {
		w.Header()[key] = values
	}
	w.WriteHeader(recorder.Code)
	w.Write(recorder.Body.Bytes()[:n])
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// arrived checks that dir holds the file images.gz with the given content, and
// nothing else.
func arrived(t *testing.T, dir, content string) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(dir, "images.gz"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "content", string(got) == content, true)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "number of files", len(entries), 1)
}

func TestFetchDownload(t *testing.T) {
	c, _, packed := small(t)
	url, requests := server(t, packed, nil)
	dir := filepath.Join(t.TempDir(), "new", "folder")
	var last [2]int64
	o := FetchOptions{Dir: dir, Mirrors: []string{strings.TrimSuffix(url, "/")}, Progress: func(file string, done, total int64) {
		equal(t, "file", file, "images.gz")
		last = [2]int64{done, total}
	}}
	if err := c.fetch(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	arrived(t, dir, packed)
	equal(t, "last progress", last, [2]int64{int64(len(packed)), int64(len(packed))})

	// The second time nothing is asked for.
	if err := c.fetch(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	equal(t, "requests", *requests, []string{""})
}

func TestFetchContinuesBrokenConnection(t *testing.T) {
	c, _, packed := small(t)
	url, requests := server(t, packed, func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n <= 5 { // more often than attempts, but each brings something
			breaks(w, r, packed, 10)
		}
		return false
	})
	dir := t.TempDir()
	if err := c.fetch(context.Background(), FetchOptions{Dir: dir, Mirrors: []string{url}}); err != nil {
		t.Fatal(err)
	}
	arrived(t, dir, packed)
	equal(t, "ranges", *requests, []string{"", "bytes=10-", "bytes=20-", "bytes=30-", "bytes=40-", "bytes=50-"})
}

func TestFetchContinuesEarlierRun(t *testing.T) {
	c, _, packed := small(t)
	for _, test := range []struct {
		name, part string
		ignore     bool // the server knows no ranges
		ranges     []string
	}{
		{"part", packed[:20], false, []string{"bytes=20-"}},
		{"no ranges", packed[:20], true, []string{"bytes=20-"}},
		{"complete", packed, false, []string{"bytes=" + strconv.Itoa(len(packed)) + "-"}},
		{"too long", packed + "rest", false, []string{"bytes=" + strconv.Itoa(len(packed)+4) + "-", ""}},
		{"wrong beginning", "x" + packed[1:20], false, []string{"bytes=20-", ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			url, requests := server(t, packed, func(_ int, w http.ResponseWriter, _ *http.Request) bool {
				if test.ignore {
					w.Write([]byte(packed))
				}
				return test.ignore
			})
			dir := t.TempDir()
			write(t, dir, "images.gz.part", test.part)
			if err := c.fetch(context.Background(), FetchOptions{Dir: dir, Mirrors: []string{url}}); err != nil {
				t.Fatal(err)
			}
			arrived(t, dir, packed)
			equal(t, "ranges", *requests, test.ranges)
		})
	}
}

func TestFetchTriesMirrors(t *testing.T) {
	c, _, packed := small(t)
	good, requests := server(t, packed, nil)
	wrong, _ := server(t, zipped(t, "another file"), nil)
	dead := httptest.NewServer(nil)
	dead.Close()
	cut, cutRequests := server(t, packed, func(_ int, w http.ResponseWriter, r *http.Request) bool {
		breaks(w, r, packed, 0)
		return true
	})
	dir := t.TempDir()
	mirrors := []string{good + "elsewhere", wrong, dead.URL, cut}
	err := c.fetch(context.Background(), FetchOptions{Dir: dir, Mirrors: mirrors})
	fails(t, err, "elsewhere/images.gz: 404 Not Found", wrong, "SHA-256", c.files[0].sum, dead.URL, "refused", cut,
		"without network", "images.gz", "--from DIR")
	equal(t, "attempts", len(*cutRequests), attempts)
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("a failed download left %v, %v", left, err)
	}
	equal(t, "requests", len(*requests), 1)

	if err := c.fetch(context.Background(), FetchOptions{Dir: dir, Mirrors: append(mirrors, good)}); err != nil {
		t.Fatal(err)
	}
	arrived(t, dir, packed)
}

func TestFetchGivesUpOnSilence(t *testing.T) {
	c, _, packed := small(t)
	stuck, requests := server(t, packed, func(_ int, w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Length", strconv.Itoa(len(packed)))
		w.WriteHeader(http.StatusOK)
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	})
	o := FetchOptions{Dir: t.TempDir(), Mirrors: []string{stuck}, silence: 20 * time.Millisecond}
	fails(t, c.fetch(context.Background(), o), "no data for 20ms")
	equal(t, "requests", len(*requests), attempts)
}

func TestFetchHeedsContext(t *testing.T) {
	c, _, packed := small(t)
	ctx, cancel := context.WithCancel(context.Background())
	url, _ := server(t, packed, func(_ int, w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Length", strconv.Itoa(len(packed)))
		w.Write([]byte(packed[:20]))
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	})
	dir := t.TempDir()
	err := c.fetch(ctx, FetchOptions{Dir: dir, Mirrors: []string{url}, Progress: func(string, int64, int64) { cancel() }})
	fails(t, err, "images.gz", "what has arrived is kept")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v is not %v", err, context.Canceled)
	}
	part, err := os.ReadFile(filepath.Join(dir, "images.gz.part"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "part", string(part), packed[:20])
}

func TestFetchFrom(t *testing.T) {
	c, plain, packed := small(t)
	for name, content := range map[string]string{"images": plain, "images.gz": packed} {
		t.Run(name, func(t *testing.T) {
			from, dir := t.TempDir(), t.TempDir()
			write(t, from, name, content)
			if err := c.fetch(context.Background(), FetchOptions{Dir: dir, From: from}); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "content", string(got) == content, true)
		})
	}
	empty, other := t.TempDir(), t.TempDir()
	write(t, other, "images", "another file")
	for name, test := range map[string]struct {
		from string
		want string
	}{"empty": {empty, "images.gz"}, "other file": {other, "SHA-256"}} {
		t.Run(name, func(t *testing.T) {
			fails(t, c.fetch(context.Background(), FetchOptions{Dir: t.TempDir(), From: test.from}), test.from, test.want)
		})
	}
}

// TestFetchKeepsOtherFiles: a file of the right name and another content may be
// dear to its owner.
func TestFetchKeepsOtherFiles(t *testing.T) {
	c, _, packed := small(t)
	url, _ := server(t, packed, nil)
	for _, name := range []string{"images", "images.gz"} {
		dir := t.TempDir()
		path := write(t, dir, name, "mine")
		fails(t, c.fetch(context.Background(), FetchOptions{Dir: dir, Mirrors: []string{url}}), path, "remove")
		content, err := os.ReadFile(path)
		if err != nil || string(content) != "mine" {
			t.Errorf("%s is now %q, %v", path, content, err)
		}
	}
}

func TestFetchUnknown(t *testing.T) {
	_, err := Fetch(context.Background(), "minst", FetchOptions{Dir: t.TempDir()})
	fails(t, err, `data: cannot fetch "minst"`, "mnist")
}

// TestFetchPublishedMNIST copies the database itself.
func TestFetchPublishedMNIST(t *testing.T) {
	if os.Getenv("NEUROCREDIT_DATA") == "" {
		t.Skip("NEUROCREDIT_DATA is not set: the files of MNIST are not copied")
	}
	from, err := Folder("mnist")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("NEUROCREDIT_DATA", t.TempDir())
	dir, err := Fetch(context.Background(), "mnist", FetchOptions{From: from})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("%s holds %d files, want 4 (%v)", dir, len(entries), err)
	}
}
