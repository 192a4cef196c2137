package data_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/neurocredit/neurocredit/data"
)

// The data of the published Yin-Yang experiments.
func ExampleYinYang() {
	splits, err := data.DefaultYinYang().Load(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(splits.Train.Len(), splits.Valid.Len(), splits.Test.Len())
	fmt.Printf("%.4f is in class %d\n", splits.Train.Inputs[0], splits.Train.Labels[0])
	// Output:
	// 6000 900 900
	// [0.1967 0.7646 0.8033 0.2354] is in class 1
}

// The classes of the plane, as a plot would colour them.
func ExampleYinYangClass() {
	for row := 10; row >= 0; row-- {
		for column := range 22 {
			x, y := (float64(column)+0.5)/22, (float64(row)+0.5)/11
			switch data.YinYangClass(x, y) {
			case 0:
				fmt.Print(".")
			case 1:
				fmt.Print("+")
			case 2:
				fmt.Print("O")
			default:
				fmt.Print("-")
			}
		}
		fmt.Println()
	}
	// Output:
	// ------++++++++++------
	// ---++++++++++++++++---
	// --++++++++++++++++++--
	// -++++++++++++.......+-
	// +++++O+++++.....O.....
	// +++OOOOO+++...OOOOO...
	// +++++O+++++.....O.....
	// -.+++++++............-
	// --..................--
	// ---................---
	// ------..........------
}

func ExampleBars() {
	splits, err := data.Bars{Seed: 1, Train: 3, Valid: 1, Test: 1}.Load(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	image := splits.Train.Inputs[0]
	fmt.Println("class", splits.Train.Labels[0])
	fmt.Println(image[0:3])
	fmt.Println(image[3:6])
	fmt.Println(image[6:9])
	// Output:
	// class 0
	// [0 0 0]
	// [1 1 1]
	// [0 0 0]
}

func ExampleMimic() {
	task := data.Mimic{Seed: 9876543, Dims: []int{3, 5, 2}, Train: 100, Valid: 10, Test: 10, Low: 0.1, High: 1}
	splits, err := task.Load(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f should give %.4f\n", splits.Train.Inputs[0], splits.Train.Targets[0])
	// Output: [0.2836 0.2283 0.7114] should give [6.0087 6.0077]
}

// MNIST is read from the folder to which Fetch brought it.
func ExampleMNIST() {
	splits, err := data.MNIST{Dir: "no such folder"}.Load(context.Background())
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Println("fetch it first")
		return
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(splits.Train.Len())
	// Output: fetch it first
}

// Downloads what is missing; From: "DIR" would copy the files from a folder.
func ExampleFetch() {
	dir, err := data.Fetch(context.Background(), "mnist", data.FetchOptions{
		Progress: func(file string, done, total int64) {
			fmt.Printf("\r%s: %d of %d bytes", file, done, total)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("the files are in", dir)
}

// Own data: one line for each pattern, inputs and then the class.
func ExampleFiles() {
	dir, err := os.MkdirTemp("", "own")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := func(name string) string { return filepath.Join(dir, name) }
	for name, content := range map[string]string{
		"train.csv": "left,right,choice\n0.9,0.1,0\n0.2,0.7,1\n0.8,0.3,0\n",
		"valid.csv": "left,right,choice\n0.6,0.5,0\n",
		"test.csv":  "left,right,choice\n0.1,0.4,1\n",
	} {
		if err := os.WriteFile(path(name), []byte(content), 0o644); err != nil {
			fmt.Println(err)
			return
		}
	}
	own := data.Files{Name: "choices", Train: path("train.csv"), Valid: path("valid.csv"), Test: path("test.csv")}
	splits, err := own.Load(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(splits.Name, splits.Train.Inputs, splits.Train.Labels)
	// Output: choices [[0.9 0.1] [0.2 0.7] [0.8 0.3]] [0 1 0]
}

// A data set made in memory, checked before use.
func ExampleSet() {
	set := &data.Set{
		Inputs:  [][]float64{{0, 0}, {0, 1}, {1, 0}, {1, 1}},
		Labels:  []int{0, 1, 1, 2},
		Classes: 2,
	}
	fmt.Println(set.Validate())
	set.Labels[3] = 0
	fmt.Println(set.Validate())
	fmt.Println(set.Subset([]int{3, 1}).Inputs)
	// Output:
	// row 3: label 2, want one of the 2 classes from 0
	// <nil>
	// [[1 1] [0 1]]
}

// alternating is a data set of one's own: any type with a method Load will do.
type alternating struct{ n int }

func (a alternating) Load(context.Context) (*data.Splits, error) {
	set := &data.Set{Classes: 2}
	for i := range a.n {
		set.Inputs = append(set.Inputs, []float64{float64(i % 2), float64((i + 1) % 2)})
		set.Labels = append(set.Labels, i%2)
	}
	splits := &data.Splits{Name: "alternating", Train: set, Valid: set, Test: set}
	return splits, splits.Validate()
}

func ExampleSource() {
	var source data.Source = alternating{4}
	splits, err := source.Load(context.Background())
	fmt.Println(splits.Train.Labels, err)
	// Output: [0 1 0 1] <nil>
}
