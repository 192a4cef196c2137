package backend

import "runtime"

// platform is the one that this program runs on, as releases name them.
const platform = runtime.GOOS + "/" + runtime.GOARCH

// release is what Install gets for a backend.
type release struct {
	folder string // below Folder; its layout is that of Python's site-packages
	plugin string // the plugin in it
	wheels []wheel
}

// released returns the release for a backend on this platform.
func released(name string) (r release, ok bool) {
	r, ok = releases[name+" "+platform]
	return r, ok
}

// releases are what Install gets, by backend and platform.
//
// The plugin for the processor is XLA's own, Apache-2.0, built for another program. The
// one for CUDA is JAX's, of the same version of XLA, Apache-2.0. It opens CUDA's runtime,
// cuBLAS, cuDNN, cuFFT, CUPTI, NCCL and NVRTC, which it finds by its position relative to
// them, and starts ptxas of nvcc with the library of nvvm; cuFFT opens nvJitLink. That is
// CUDA 13.3, under NVIDIA's licences, which are in the packages; of the driver it needs
// libcuda.so.1. cuBLAS from 13.2 on does not have the error by which kernels that run at
// the same time spoil each other's results on Blackwell GPUs.
var releases = map[string]release{
	CPU + " linux/amd64": {"xla-cpu", "lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so", []wheel{
		{"lammps-jax-pjrt-cpu==0.11.2",
			"1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1",
			"6c33f3ed4c60cdec0340c5b9f0473e0fe1d655005c016f804c75d3ba717b5463"},
	}},
	CUDA + " linux/amd64": {"xla-cuda", "jax_plugins/xla_cuda13/xla_cuda_plugin.so", []wheel{
		{"jax-cuda13-pjrt==0.11.2",
			"e5ff589d43064913bb74027682d89639c7ea48f9f81c2bae6fc75117e913f93e",
			"42bcf31d3995e36a4e032ee53b577666598319b5f3fe90a2000f1d0615ada8a7"},
		{"nvidia-cublas==13.6.0.2",
			"b82c80c886cea6da6e149a5c3bdba274f12b7e4ec4b00a050b916b0446fb4153",
			"c0d26861be3cc63f579caef56a510d7e4e7a93a0e254dddc247798a5dc358e00"},
		{"nvidia-cuda-cupti==13.3.75",
			"a969cc446c44db612e417bd0af722cfad9009c027dabd4ed255262c0e9a9a3d2",
			"78896b934cdc72d0b003ed9c9da966fa11505483c31e48630bc8553f984677fb"},
		{"nvidia-cuda-nvcc==13.3.73",
			"f483af83166c4fa356a21606076d553b0b4ceaebbd9912e537545080db695bdd",
			"f7fef65914fed462c23a2cbcc36789bf8085f7835ebeaeac3189ed81e8454e7b"},
		{"nvidia-cuda-nvrtc==13.3.33",
			"82530788b8c6164a54d3fd9ae8bcca8893d397c4aeb998861982a03bbe41e204",
			"73ebee864b7a2edaf4bb10f872638439398e4e0ea91785051275c43f6fbffcad"},
		{"nvidia-cuda-runtime==13.3.29",
			"e04420616e72f563167a7733272992d7e6df6dc5cb54b2f94f9f1520ea9e30c1",
			"b2a0fb0a9230017339bea52645780a7f1dddabcf210d3c73f7bc84eb39d0beba"},
		{"nvidia-cudnn-cu13==9.24.1.1",
			"06df9d1cc37d7c151f9f218a47dba0fb0223d4725115961ec02c070a081b4c1b",
			"55de6114bdbf5a94370c30689a93b21ed9c3be20050b60aa44dae6ede88daee3"},
		{"nvidia-cufft==12.3.0.29",
			"edb25c0626bd202ee5acc035b5dd361a3b89ed3b75a81a52df72c89150cb57c2",
			"0199a3804b1556f9527bdb0d6110f84fe1b96c070a5fc7677c82ee94bd5b59c7"},
		{"nvidia-nccl-cu13==2.30.7",
			"cefa7fdb9710efd0f39c5f1be1d61ff6fc9a996c451265bd7fbdcf9455ed4b50",
			"6647a0fa7332d6b42a27b7cf1e8c0e0d37a9c93f06b134cf781db2f188479424"},
		{"nvidia-nvjitlink==13.3.33",
			"26a6de7fb4c8fdaa7703d3dad720d6d427ddfea5c48a528fd97c11733ad830e5",
			"5fe3ecc98c134dfb11eaae24e866058044588c5ff14ad4eec356104f6a40c334"},
		{"nvidia-nvvm==13.3.73",
			"0e28e0858a3475e11ac67d35301cd5bf82666a1c0dc4ec4e80ceaf3a5fd1dea8",
			"414a8347da768f6127c9327cf73a95fed4816cd142a79978bcc6f607015a51ca"},
	}},
	CUDA + " linux/arm64": {"xla-cuda", "jax_plugins/xla_cuda13/xla_cuda_plugin.so", []wheel{
		{"jax-cuda13-pjrt==0.11.2",
			"63b55e50e5c2583a25e196ba06b034b63d2b2d8ad4c2f17935652c8d3ad2dd2d",
			"1fb8005d49cc2685ea272135663694061dc4f3c1090473c7e0fc65e1d8f08586"},
		{"nvidia-cublas==13.6.0.2",
			"946f6a252b1cc72d8de912c75975fd6d8ba44f67d4e5044fe764ddb909f4a688",
			"6347be9020c0d9e84c1d3e856eb04f44fbe398f9fcb39d685799ae98e26dcd6b"},
		{"nvidia-cuda-cupti==13.3.75",
			"79f5a8c55378a998427d6974b1d85ec91ef684035d016b3fb3b85006914f94f0",
			"e2f61b501f8c9302d52510ce45a5a8a4c8008d770e0db1f8382a2b52f9c054e8"},
		{"nvidia-cuda-nvcc==13.3.73",
			"70f250825355d2c3aa6c7a972a0ec00f020bad66d2679e527eb4336301c904aa",
			"12054e8c9de88b3ff0801ca36506ea0fe559180041af784b526cee32dd2fe39b"},
		{"nvidia-cuda-nvrtc==13.3.33",
			"7b05ecda494c6dabc44231a608b060a71008a730d9dfda932cc508e6d29159e0",
			"917af4477091d172e0f367516d441009af58e9b85dde7d944a60e96aca1cc164"},
		{"nvidia-cuda-runtime==13.3.29",
			"73291e19c9dd919c140c91bda2f80b0eca487da5ee30a086ef7bc4918ecb90ea",
			"31aa646424a8916e08da960f876ae2dd61f951c3d8b322e4b0c7a42be1877d2f"},
		{"nvidia-cudnn-cu13==9.24.1.1",
			"6a7bb7c313764cd139b8fe24c9c9249506e36f5c55d3c79c79c88f6b2e391bbb",
			"be36c158d1868f3dd465d0a38182b35fdf3d2c2e38e07d31951f74d710e0f6f5"},
		{"nvidia-cufft==12.3.0.29",
			"3c268ec73fdbfd22e42913dcef6e49e0c305ab09cd9848268a841cbe9f33f748",
			"6cfbedb8d41c9ab58b0256c0590bab71db9d7110bac925534666da46ae8ea2ba"},
		{"nvidia-nccl-cu13==2.30.7",
			"ca786ffa5a647c75d4d1f5cc72a6c4f537947e2ba8823d7c8aaf768e7a7b9f77",
			"4231b0f6233ee9cacdc3677245bd2d9ad49aa7ed7df1ec63aa7358422474f5c2"},
		{"nvidia-nvjitlink==13.3.33",
			"ce48b37dfeb3cb1eae4cf85adacb47d7a6539ea2272870c9a3628ce275c2037e",
			"b92f6580daa0e9a6c035cdc85cb9b6882fec1fad3d11ef493de34fe780a36137"},
		{"nvidia-nvvm==13.3.73",
			"e2bcdd5783b5481445f1f0e7170cb836cc0d72999839ba850bbba6dc97b76bb8",
			"61ac4df0076d58172cbc3aa1d2be1f4ff1d5734e13a1fc75f0bb0218dbd12782"},
	}},
}
