package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// attempts is how many connections to a mirror may bring nothing new; one that
// brings something is continued without limit when it breaks.
const attempts = 3

func newClient(silence time.Duration) *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		ForceAttemptHTTP2:     true,
		DialContext:           (&net.Dialer{Timeout: silence}).DialContext,
		TLSHandshakeTimeout:   silence,
		ResponseHeaderTimeout: silence,
	}}
}

// download tries the mirrors in turn.
func (f remoteFile) download(ctx context.Context, o FetchOptions) error {
	errs := []error{fmt.Errorf("%s: no mirror has it", f.name)}
	for _, mirror := range o.Mirrors {
		err := f.downloadFrom(ctx, strings.TrimSuffix(mirror, "/")+"/"+f.name, o)
		if err == nil || ctx.Err() != nil {
			return err
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// downloadFrom gets one URL and continues after broken connections.
func (f remoteFile) downloadFrom(ctx context.Context, url string, o FetchOptions) error {
	path := filepath.Join(o.Dir, f.name)
	var err error
	for failed := 0; failed < attempts; {
		part, openErr := os.OpenFile(path+".part", os.O_RDWR|os.O_CREATE, 0o644)
		if openErr != nil {
			return openErr
		}
		start, seekErr := part.Seek(0, io.SeekEnd)
		if seekErr != nil {
			return errors.Join(seekErr, part.Close())
		}
		var end int64
		end, err = f.get(ctx, url, part, start, o)
		err = f.finish(part, path, err)
		var content *contentError
		var status *statusError
		switch {
		case err == nil || ctx.Err() != nil:
			return err
		case errors.As(err, &status):
			return err // asking again would not help
		case errors.As(err, &content):
			if start == 0 {
				return fmt.Errorf("%s: %w", url, err)
			}
			failed++ // the old beginning may have been wrong: start anew
		case end <= start:
			failed++
		}
	}
	return err
}

// get appends the rest of url to part, which has start bytes, and returns the
// new length. A server that does not continue makes it begin anew.
func (f remoteFile) get(ctx context.Context, url string, part *os.File, start int64, o FetchOptions) (int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return start, err
	}
	// Without this a server may unpack the file, which shifts all offsets.
	request.Header.Set("Accept-Encoding", "identity")
	if start > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", start))
	}
	response, err := o.Client.Do(request)
	if err != nil {
		return start, err
	}
	defer response.Body.Close()
	switch code := response.StatusCode; {
	case code == http.StatusPartialContent && strings.HasPrefix(response.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", start)):
	case code == http.StatusRequestedRangeNotSatisfiable && start > 0:
		return start, nil // nothing is missing, or too much is there: the checksum tells
	case code == http.StatusOK:
		start = 0
	default:
		return start, &statusError{url, response.Status}
	}
	if err := part.Truncate(start); err != nil {
		return start, err
	}
	if _, err := part.Seek(start, io.SeekStart); err != nil {
		return start, err
	}
	total := int64(-1)
	if response.ContentLength >= 0 {
		total = start + response.ContentLength
	}
	stall := fmt.Errorf("no data for %v", o.silence)
	watch := time.AfterFunc(o.silence, func() { cancel(stall) })
	defer watch.Stop()
	to := &counter{w: part, ctx: ctx, n: start, report: func(n int64) {
		watch.Reset(o.silence)
		o.Progress(f.name, n, total)
	}}
	if _, err := io.Copy(to, response.Body); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return to.n, fmt.Errorf("%s: after %d bytes: %w", url, to.n, err)
	}
	return to.n, nil
}

// statusError is an answer other than the file.
type statusError struct{ url, status string }

func (e *statusError) Error() string { return e.url + ": " + e.status }
