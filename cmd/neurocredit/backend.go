package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/neurocredit/neurocredit/internal/backend"
	"github.com/neurocredit/neurocredit/internal/loop"
)

func newBackend() *cobra.Command {
	return group("backend", "See and install what the graph engine runs on", `  neurocredit backend list
  neurocredit backend install xla-cuda`, newBackendList(), newBackendInstall())
}

func newBackendList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Try and measure all backends",
		Long: `List opens every backend and measures a step of 32 small recurrent networks of 30 neurons,
compiled as the graph engine compiles a model. It says why a backend does not work. The
native engine needs none of them.`,
		Example: `  neurocredit backend list`,
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, args []string) error {
			all := backend.List(cmd.Context(), loop.Measure)
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			rows := [][]string{{"backend", "works", "step", "devices"}}
			for _, s := range all {
				row := []string{s.Name, "no", "-", "-"}
				if s.Err == nil {
					row = []string{s.Name, "yes", precisely(float64(s.Step.Nanoseconds())), fmt.Sprint(s.Devices)}
				}
				rows = append(rows, row)
			}
			w := cmd.OutOrStdout()
			printColumns(w, rows)
			for _, s := range all {
				if s.Err != nil {
					fmt.Fprintf(w, "%s: %v\n", s.Name, s.Err)
				} else {
					fmt.Fprintf(w, "%s: %s\n", s.Name, strings.TrimSpace(s.Device+" "+s.Plugin))
				}
			}
			b, err := backend.Open("")
			if err != nil {
				return err
			}
			defer b.Close()
			_, err = fmt.Fprintf(w, "without --backend: %v\n", b)
			return err
		},
	}
}

func newBackendInstall() *cobra.Command {
	return &cobra.Command{
		Use:   "install xla-cpu|xla-cuda",
		Short: "Download the plugin of a backend",
		Long: `Install downloads the plugin of a backend and the libraries that it needs with pip, so with
your registry and proxy settings, and compares their SHA-256 with the known ones. Packages that
are there and right are left alone: the same command goes on after an interruption, and
repairs. Everything is in neurocredit/xla of the user's cache folder, licences beside it.

  xla-cpu   XLA for Linux on amd64; 63 MB to download, 200 MB unpacked
  xla-cuda  XLA, CUDA 13 and cuDNN for Linux on amd64 and arm64; 1.7 GB to download, 3 GB unpacked,
            and half a GB more while it works. CUDA is subject to NVIDIA's licences. It needs an
            NVIDIA GPU of compute capability 7.5 or higher and driver 580 or later, which the
            machine that installs it need not have.`,
		Example: `  neurocredit backend install xla-cpu`,
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch strings.ReplaceAll(args[0], "-", ":") {
			case backend.CPU, backend.CUDA:
			case backend.Go, backend.Auto:
				return fmt.Errorf("%s needs no plugin; only xla-cpu and xla-cuda do", args[0])
			default:
				return fmt.Errorf("no plugin for the unknown backend %q, must be xla-cpu or xla-cuda", args[0])
			}
			file, err := backend.Install(cmd.Context(), args[0], cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is in %s; neurocredit backend list measures it\n", args[0], file)
			return nil
		},
	}
}
