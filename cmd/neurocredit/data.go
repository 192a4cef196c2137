package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/internal/config"
)

func newData() *cobra.Command {
	return group("data", "Download and check data sets", `  neurocredit data list
  neurocredit data fetch mnist`, newDataList(), newDataFetch(), newDataCheck())
}

func newDataList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the data sets and where they are",
		Example: `  neurocredit data list`,
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, args []string) error {
			w := cmd.OutOrStdout()
			for _, s := range [][2]string{
				{"yinyang", "made when needed: points in a Yin-Yang figure, 3 classes"},
				{"bars", "made when needed: noisy bars of 3 x 3 pixels, 3 classes"},
				{"mimic", "made when needed: regression on a random teacher network"},
				{"files", "your own CSV or NPY files, named under data.files"},
			} {
				fmt.Fprintf(w, "%-8s  %s\n", s[0], s[1])
			}
			for _, name := range data.Fetchable() {
				dir, err := data.Folder(name)
				if err != nil {
					return err
				}
				state := fmt.Sprintf("in %s", dir)
				if !fetched(name) {
					state = fmt.Sprintf("not here; get it with neurocredit data fetch %s", name)
				}
				fmt.Fprintf(w, "%-8s  %s\n", name, state)
			}
			return nil
		},
	}
}

func newDataFetch() *cobra.Command {
	var o data.FetchOptions
	c := &cobra.Command{
		Use:   "fetch NAME",
		Short: "Download a data set, or take it from a folder",
		Long: `Fetch downloads the files of a data set, compares their checksums, and keeps them in
the folder neurocredit/NAME of the user's cache, or NEUROCREDIT_DATA/NAME if that is set.
An interrupted download is continued. Data sets: ` + strings.Join(data.Fetchable(), ", ") + ".",
		Example: `  neurocredit data fetch mnist
  neurocredit data fetch mnist --from /mnt/datasets/mnist`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFetchable(args[0]); err != nil {
				return err
			}
			show := &transfer{w: cmd.ErrOrStderr()}
			o.Progress = show.progress
			dir, err := data.Fetch(cmd.Context(), args[0], o)
			show.end()
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is in %s\n", args[0], dir)
			return nil
		},
	}
	c.Flags().StringVar(&o.From, "from", "", "take the files from this `folder` instead of the network")
	c.Flags().StringVar(&o.Dir, "dir", "", "put them into this `folder` instead of the usual one")
	return c
}

func newDataCheck() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:     "check [NAME]",
		Short:   "Read downloaded data sets, all or one, and compare their checksums",
		Example: `  neurocredit data check mnist`,
		Args:    arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			names := args
			if len(args) == 0 {
				names = slices.DeleteFunc(data.Fetchable(), func(name string) bool { return dir == "" && !fetched(name) })
			}
			if len(names) == 0 {
				return errors.New("no data set has been downloaded; get one with neurocredit data fetch NAME")
			}
			for _, name := range names {
				if err := checkFetchable(name); err != nil {
					return err
				}
				s, err := map[string]data.Source{"mnist": data.MNIST{Dir: dir}, "cifar10": data.CIFAR10{Dir: dir}}[name].Load(cmd.Context())
				if len(args) == 0 && errors.Is(err, fs.ErrNotExist) {
					fmt.Fprintf(cmd.OutOrStdout(), "%s: not here\n", name)
					continue
				}
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: ok, %d training, %d validation and %d test patterns of %d values, %d classes\n",
					name, s.Train.Len(), s.Valid.Len(), s.Test.Len(), s.Train.InputSize(), s.Train.Classes)
			}
			return nil
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "look into this `folder` instead of the usual one")
	return c
}

// fetched reports whether a data set is where Fetch puts it.
func fetched(name string) bool {
	dir, err := data.Folder(name)
	if err != nil {
		return false
	}
	files, err := os.ReadDir(dir)
	return err == nil && len(files) > 0
}

func checkFetchable(name string) error {
	known := data.Fetchable()
	if slices.Contains(known, name) {
		return nil
	}
	return fmt.Errorf("there is no data set %q to fetch%s, only %s", name, didYouMean("", config.Nearest(name, known)), strings.Join(known, ", "))
}

// transfer shows files on their way: a line that replaces itself on a terminal,
// a line per file elsewhere.
type transfer struct {
	w       io.Writer
	file    string
	done    int64
	total   int64
	drawn   time.Time
	pending bool // the line on the terminal is not ended
}

func (t *transfer) progress(file string, done, total int64) {
	if t.file != file {
		t.end()
	}
	t.file, t.done, t.total = file, done, total
	if isTerminal(t.w) && time.Since(t.drawn) > 100*time.Millisecond {
		fmt.Fprintf(t.w, "\r%s\x1b[K", t)
		t.drawn, t.pending = time.Now(), true
	}
}

// end finishes the line of the last file.
func (t *transfer) end() {
	switch {
	case t.file == "":
		return
	case t.pending:
		fmt.Fprintf(t.w, "\r%s\x1b[K\n", t)
	default:
		fmt.Fprintln(t.w, t)
	}
	t.file, t.pending = "", false
}

func (t *transfer) String() string {
	if t.total < 0 || t.done == t.total {
		return fmt.Sprintf("%s  %sB", t.file, count(float64(t.done)))
	}
	return fmt.Sprintf("%s  %sB of %sB", t.file, count(float64(t.done)), count(float64(t.total)))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
