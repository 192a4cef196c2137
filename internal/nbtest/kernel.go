package nbtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-zeromq/zmq4"
)

const (
	startLimit    = 30 * time.Second // for the kernel to answer its first request
	shutdownLimit = 10 * time.Second // for it to end; a running program has 5 s to react to its interrupt
)

// kernel is a running GoNB kernel with a private home folder.
type kernel struct {
	signer
	cmd    *exec.Cmd
	home   string
	shell  zmq4.Socket  // requests and their replies
	iopub  zmq4.Socket  // what cells print and show, and whether the kernel is busy
	in     chan message // from both sockets
	exited chan struct{}
	cancel context.CancelFunc
}

// startKernel starts the kernel program found in folder bin, working in folder dir.
// The caller must call stop.
func startKernel(ctx context.Context, bin, dir string, extraEnv []string) (*kernel, error) {
	// Short, because the path of a socket must not be longer than about 100 bytes.
	home, err := os.MkdirTemp("", "nb")
	if err != nil {
		return nil, err
	}
	k := &kernel{signer: newSigner(), home: home, in: make(chan message, 64), exited: make(chan struct{})}
	sockets, cancel := context.WithCancel(context.Background())
	k.cancel = cancel
	if err := k.start(ctx, bin, dir, extraEnv); err != nil {
		k.cleanUp()
		return nil, err
	}
	if err := k.connect(ctx, sockets); err != nil {
		err = fmt.Errorf("%w\n%s", err, k.log())
		killGroup(k.cmd)
		<-k.exited
		k.cleanUp()
		return nil, err
	}
	return k, nil
}

func (k *kernel) socket(n int) string {
	return fmt.Sprintf("ipc://%s-%d", filepath.Join(k.home, "s"), n)
}

// start writes the connection file and starts the process.
func (k *kernel) start(ctx context.Context, bin, dir string, extraEnv []string) error {
	conn, err := json.Marshal(map[string]any{
		"transport": "ipc", "ip": filepath.Join(k.home, "s"),
		"shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5,
		"signature_scheme": "hmac-sha256", "key": string(k.key),
	})
	if err != nil {
		return err
	}
	connFile := filepath.Join(k.home, "kernel.json")
	if err := os.WriteFile(connFile, conn, 0o600); err != nil {
		return err
	}
	tmp := filepath.Join(k.home, "tmp")
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return err
	}
	env, err := environment(ctx, bin, k.home, tmp)
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(k.home, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	k.cmd = exec.Command(filepath.Join(bin, "gonb"), "--kernel", connFile, "--raw_error")
	k.cmd.Dir, k.cmd.Env = dir, append(env, extraEnv...)
	k.cmd.Stdout, k.cmd.Stderr = log, log
	setGroup(k.cmd)
	if err := k.cmd.Start(); err != nil {
		return err
	}
	go func() {
		k.cmd.Wait() // how it ended is told by its log
		close(k.exited)
	}()
	return nil
}

// environment is the process's own, except that nothing is taken from or left in the user's home, and that Go downloads
// nothing: what a notebook needs must be in the module cache.
func environment(ctx context.Context, bin, home, tmp string) ([]string, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "-json", "GOCACHE", "GOMODCACHE", "GOPATH")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	set := map[string]string{}
	if err := json.Unmarshal(out, &set); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	for name, value := range map[string]string{
		"HOME": home, "TMPDIR": tmp, "PATH": bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"GOENV": "off", "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "",
	} {
		set[name] = value
	}
	var env []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		_, replaced := set[name]
		if replaced || hasAnyPrefix(name, "JUPYTER", "JPY_", "XDG_", "GONB_") {
			continue
		}
		env = append(env, entry)
	}
	for name, value := range set {
		env = append(env, name+"="+value)
	}
	return env, nil
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// connect opens the sockets and waits until the kernel answers on both: what it publishes before it knows of the
// subscription is lost.
func (k *kernel) connect(ctx, sockets context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	k.shell = zmq4.NewDealer(sockets)
	k.iopub = zmq4.NewSub(sockets)
	if err := k.iopub.SetOption(zmq4.OptionSubscribe, ""); err != nil {
		return fmt.Errorf("kernel: %w", err)
	}
	for n, s := range []zmq4.Socket{k.shell, k.iopub} {
		if err := k.dial(ctx, s, n+1); err != nil {
			return err
		}
		go k.receive(sockets, s)
	}
	replied, published := false, false
	for !replied || !published {
		if _, err := k.send("kernel_info_request", struct{}{}); err != nil {
			return err
		}
		again := time.After(200 * time.Millisecond)
		for waiting := true; waiting && !(replied && published); {
			select {
			case m := <-k.in:
				replied = replied || m.Header.Type == "kernel_info_reply"
				published = published || m.Header.Type == "status"
			case <-again:
				waiting = false
			case <-k.exited:
				return errors.New("kernel ended while starting")
			case <-ctx.Done():
				return fmt.Errorf("kernel does not answer: %w", context.Cause(ctx))
			}
		}
	}
	return nil
}

// dial waits for the kernel to have made the socket.
func (k *kernel) dial(ctx context.Context, s zmq4.Socket, n int) error {
	path := strings.TrimPrefix(k.socket(n), "ipc://")
	for {
		if _, err := os.Stat(path); err == nil {
			return s.Dial(k.socket(n))
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-k.exited:
			return errors.New("kernel ended while starting")
		case <-ctx.Done():
			return fmt.Errorf("kernel does not start: %w", context.Cause(ctx))
		}
	}
}

// receive passes on a socket's messages until it is closed.
func (k *kernel) receive(ctx context.Context, s zmq4.Socket) {
	for {
		raw, err := s.Recv()
		if err != nil || ctx.Err() != nil {
			return
		}
		m, err := k.parse(raw.Frames)
		if err != nil {
			continue // not from our kernel
		}
		select {
		case k.in <- m:
		case <-ctx.Done():
			return
		}
	}
}

// send sends a request and returns its id.
func (k *kernel) send(kind string, content any) (string, error) {
	id, msg, err := k.request(kind, content)
	if err != nil {
		return "", fmt.Errorf("%s: %w", kind, err)
	}
	if err := k.shell.SendMulti(msg); err != nil {
		return "", fmt.Errorf("%s: %w", kind, err)
	}
	return id, nil
}

// interrupt asks the kernel to interrupt the running program, which it kills after 5 seconds.
func (k *kernel) interrupt() error {
	_, err := k.send("interrupt_request", struct{}{})
	return err
}

// stop ends the kernel, in peace if it can, and removes its folder.
func (k *kernel) stop() {
	if _, err := k.send("shutdown_request", map[string]bool{"restart": false}); err == nil {
		select {
		case <-k.exited:
		case <-time.After(shutdownLimit):
		}
	}
	killGroup(k.cmd)
	<-k.exited
	k.cleanUp()
}

// cleanUp closes the sockets and removes the kernel's folder.
func (k *kernel) cleanUp() {
	k.cancel()
	for _, s := range []zmq4.Socket{k.shell, k.iopub} {
		if s != nil {
			s.Close()
		}
	}
	os.RemoveAll(k.home)
}

// log returns the end of what the kernel logged.
func (k *kernel) log() string {
	data, err := os.ReadFile(filepath.Join(k.home, "log"))
	if err != nil {
		return err.Error()
	}
	return "kernel log:\n" + tail(string(data))
}
