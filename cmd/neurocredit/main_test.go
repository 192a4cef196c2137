package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/internal/experiment"
)

// tiny are settings with which a run takes some milliseconds.
var tiny = []string{"--set", "data.train=2", "--set", "data.valid=2", "--set", "data.test=2", "--epochs", "2"}

// cli runs a command line.
func cli(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	return cliContext(t, t.Context(), args...)
}

func cliContext(t *testing.T, ctx context.Context, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(ctx, args, strings.NewReader(""), &out, &err)
	return status, out.String(), err.String()
}

// ok runs a command line that must succeed and returns what it prints.
func ok(t *testing.T, args ...string) string {
	t.Helper()
	status, out, err := cli(t, args...)
	if status != 0 {
		t.Fatalf("neurocredit %s: status %d\n%s%s", strings.Join(args, " "), status, out, err)
	}
	return out
}

// contains checks that all texts occur.
func contains(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in\n%s", w, text)
		}
	}
}

// trainTiny trains short runs into a new folder and returns it.
func trainTiny(t *testing.T, args ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "runs")
	ok(t, append(append([]string{"train", "--quiet", "--out", dir}, args...), tiny...)...)
	return dir
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("system: dendritic\nbase:\n  epochss: 3\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	plan := filepath.Join(dir, "plan.yaml")
	if err := os.WriteFile(plan, []byte("preset: yin-yang/fa\nvariants: {a: {}}\nseeds: [1]\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	strange := filepath.Join(dir, "strange.yaml")
	if err := os.WriteFile(strange, []byte("name: a\nhello: 1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args string
		want []string
	}{
		{"config check " + plan, []string{"system is missing, expected one of dendritic, pal, mdgl, le", "yin-yang/fa is one of dendritic"}},
		{"config check " + strange, []string{"system is missing, expected one of dendritic, pal, mdgl, le"}},
		{"train yin-yang/fa --out x --set name=../../evil", []string{`yin-yang/fa: name is "../../evil"`}},
		{"train chain/pal --out x --set name=foo/bar", []string{`name is "foo/bar"`}},
		{"train fig3c/mdgl --out x --set name=", []string{`name is ""`}},
		{"sweep submit autoencoder/pal --out x --set name=../x", []string{`name is "../x"`}},
		{"sweep submit autoencoder/pal --out x --set name=sweep", []string{`name is "sweep"`, "choose another"}},
		{"sweep generate testdata/published.yaml x ../x", []string{`name is "../x_seed_123456"`}},
		{"train fig4cd --out x --set name=foo", []string{"set name=foo: name cannot be set", "the experiment, the variant and the seed"}},
		{"trian fig4cd", []string{`no command "trian"`, "did you mean train?"}},
		{"config shwo", []string{`neurocredit config has no command "shwo"`, "did you mean show?", "convert"}},
		{"train fig4cd --out x --epoch 3", []string{"no flag --epoch", "did you mean --epochs?"}},
		{"train fig4cd --out x -y", []string{"-y", "neurocredit train --help"}},
		{"train fig4cd --out x --workers two", []string{`--workers "two" must be a whole number >= 0; see neurocredit train --help`}},
		{"train fig4cd --out x --workers -1", []string{`--workers "-1" must be a whole number >= 0`}},
		{"eval x --workers -1", []string{`--workers "-1"`}},
		{"detail x 0 --workers -1", []string{`--workers "-1"`}},
		{"figure fig4cd --workers -1", []string{`--workers "-1"`}},
		{"bench --workers -1", []string{`--workers "-1"`}},
		{"sweep task x --index 0 --of 1 --workers -1", []string{`--workers "-1"`}},
		{"bench --runs a", []string{`--runs "a" must be whole numbers separated by commas`}},
		{"bench --time soon", []string{`--time "soon" must be a duration, such as 90s or 2h`}},
		{"sweep eval x --out x --epochs abc", []string{`--epochs "abc" must be whole numbers separated by commas`}},
		{"train fig4cd --out x --epochs 1.5", []string{`--epochs "1.5" must be a whole number`}},
		{"train fig4cd --out x --resume=maybe", []string{`--resume "maybe" must be true or false`}},
		{"train fig4cd --out x --epochs", []string{"--epochs", "neurocredit train --help"}},
		{"train fig4cd --out x --engine grahp", []string{`--engine "grahp"`, "did you mean graph?"}},
		{"train fig4cd --out x --backend gpu", []string{"--backend", "gpu", "xla:cuda"}},
		{"train fig4cd --out x --engine native --backend xla:cuda", []string{"--backend xla:cuda is for the graph engine", "--engine native"}},
		{"bench yin-yang/fa --engine native --backend go", []string{"--backend go is for the graph engine"}},
		{"sweep submit fig4cd --out x --engine native --backend go", []string{"--backend go is for the graph engine"}},
		{"sweep task x --index 0 --of 1 --engine native --backend go", []string{"--backend go is for the graph engine"}},
		{"sweep submit fig4cd --out x --partition gpu", []string{"--partition is for the job array of --slurm"}},
		{"sweep submit fig4cd --out x --gpus 4", []string{"--gpus is for"}},
		{"sweep submit fig4cd --out x --time 5", []string{"--time is for"}},
		{"sweep submit fig4cd --out x --sbatch --account=lab", []string{"--sbatch is for"}},
		{"sweep submit fig4cd --out x --slurm --time garbage", []string{"--time", `"garbage"`, "days-hours:minutes"}},
		{"sweep submit fig4cd --out x --slurm --time 2:00:00 --margin 3h", []string{"--margin 3h0m0s must be shorter than the limit, --time 2:00:00"}},
		{"sweep submit fig4cd --out x --slurm --margin 0s", []string{"--margin 0s must be at least 1s"}},
		{"sweep submit fig4cd --out x --slurm --cpus 0", []string{"--cpus 0 must be at least 1"}},
		{"sweep submit fig4cd --out x --slurm --gpus -1", []string{"--gpus -1 must be at least 0"}},
		{"train --out x", []string{"wrong number of arguments (0)", "train CONFIG... --out DIR"}},
		{"train fig4cd", []string{`"out" not set`}},
		{"train fig4dc --out x", []string{"fig4dc", "did you mean fig4cd?"}},
		{"train yin-yang/pall --out x", []string{"did you mean yin-yang/pal?"}},
		{"train fig4cd --out x --set epoch=3", []string{"epoch", "epochs"}},
		{"train fig4cd --out x --epochs -1", []string{"epochs", "-1"}},
		{"train fig4cd --out x --rule dwn=eta", []string{"dwn", "did you mean down?"}},
		{"train fig4cd --out x --rule down=eta*noise_pst", []string{"noise_pst", `did you mean "noise_post"?`}},
		{"train fig4cd --out x --seeds 0", []string{`--seeds "0"`}},
		{"train fig4cd yin-yang/fa fig4cd --out x", []string{"fig4cd_fa_seed_123456", "both"}},
		{"train " + bad + " --out x", []string{bad + ":3", "epochss", "epochs"}},
		{"train " + dir + " --out x", []string{"config.yaml"}},
		{"config check nothing.yaml " + bad, []string{"nothing.yaml", "epochss"}},
		{"config convert " + bad, []string{"bad.yaml"}},
		{"sweep generate " + bad + " out x", []string{"epochss"}},
		{"sweep generate fig4cd out x", []string{"fig4cd"}},
		{"rules dwn", []string{"dwn", "did you mean down?"}},
		{"rules check down eta*pst", []string{"pst"}},
		{"rules check i2p -eta*w", []string{"rules check i2p -- "}},
		{"rules check down", []string{"wrong number of arguments (1)"}},
		{"export hdf5 " + dir, []string{dir}},
		{"export hdf5 " + dir + " --gzip 10", []string{"--gzip 10"}},
		{"data fetch mnst", []string{"mnst", "did you mean mnist?"}},
		{"data fetch mnist --from " + dir + " --dir " + filepath.Join(dir, "to"), []string{dir, "train-images-idx3-ubyte"}},
		{"data check mnist --dir " + dir, []string{dir, "neurocredit data"}},
		{"bench --time -1s", []string{"--time -1s"}},
		{"bench --runs 0", []string{"--runs 0", "1 to"}},
		{"bench yin-yang/x", []string{`unknown mode "x"`}},
		{"bench yin-yang/fa --precision half", []string{"precision", "half"}},
	} {
		t.Run(test.args, func(t *testing.T) {
			status, out, err := cli(t, strings.Fields(test.args)...)
			if status != 1 {
				t.Errorf("status %d, want 1", status)
			}
			if !strings.HasPrefix(err, "neurocredit: ") || strings.Contains(err, "Usage:") {
				t.Errorf("stderr is no single message:\n%s", err)
			}
			if strings.Contains(out, "Usage:") {
				t.Errorf("prints the usage:\n%s", out)
			}
			contains(t, err, test.want...)
		})
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("a refused command has made its folder")
	}
}

// TestHelp asks every command for help: a line of its own, and an example.
func TestHelp(t *testing.T) {
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		if c.Name() == "help" || c.Name() == "completion" {
			return
		}
		path := strings.Fields(c.CommandPath())
		t.Run(strings.Join(path, " "), func(t *testing.T) {
			if c.Short == "" || strings.HasSuffix(c.Short, ".") {
				t.Errorf("short text %q", c.Short)
			}
			text := ok(t, append(path[1:], "--help")...)
			contains(t, text, "Examples:\n  "+c.CommandPath())
			for line := range strings.Lines(c.Example) {
				if !strings.HasPrefix(line, "  neurocredit ") {
					t.Errorf("example %q", line)
				}
			}
		})
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(newRoot(nil))
	contains(t, ok(t), "Available Commands:", "train")
	contains(t, ok(t, "train", "--help"), "fig4cd", "pal-frozen-i2p")
}

func TestStatus(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(&experiment.SignalError{Signal: syscall.SIGTERM})
	if status, _, err := cliContext(t, ctx, "train", "yin-yang/fa", "--out", t.TempDir()); status != 128+15 {
		t.Errorf("status %d after SIGTERM, want 143\n%s", status, err)
	}
}

// broken is a standard output that takes nothing.
type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

func TestOutput(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
	}{{errors.New("disk full"), 1}, {syscall.EPIPE, 0}} {
		var stderr bytes.Buffer
		if status := run(t.Context(), []string{"rules"}, nil, broken{test.err}, &stderr); status != test.status {
			t.Errorf("%v: status %d, want %d", test.err, status, test.status)
		}
		if test.status != 0 {
			contains(t, stderr.String(), test.err.Error())
		}
	}
}

// TestFigureHint: what quick runs come from is no plain training.
func TestFigureHint(t *testing.T) {
	t.Chdir(t.TempDir())
	for args, want := range map[string]string{
		"figure fig4cd":         "runs/fig4cd holds no runs of fig4cd: train them with --train, or with neurocredit train fig4cd --out runs/fig4cd\n",
		"figure fig4cd --quick": "runs/fig4cd-quick holds no runs of fig4cd: train them with --train --quick\n",
	} {
		if status, _, stderr := cli(t, strings.Fields(args)...); status != 1 || !strings.HasSuffix(stderr, want) {
			t.Errorf("%s: status %d\n%s", args, status, stderr)
		}
	}
}

func TestShellLine(t *testing.T) {
	got := shellLine([]string{"train", "a b", "--set", "x=[1]", "it's", ""})
	if want := `neurocredit train 'a b' --set 'x=[1]' 'it'\''s' ''`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
