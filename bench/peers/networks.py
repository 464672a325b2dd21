"""A network of an ONNX file as other programs run it: the same numbers, on the same pictures."""
import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch.nn import functional as F


class TorchNetwork(torch.nn.Module):
    """The file's operators, one after the other, by PyTorch's own functions.

    Takes and gives NCHW in RGB, 0..1.
    """

    def __init__(self, file):
        super().__init__()
        graph = onnx.load(file).graph
        self.input, self.output = graph.input[0].name, graph.output[0].name
        self.nodes = [(node.op_type, list(node.input), node.output[0], _attributes(node)) for node in graph.node]
        self.places = {}
        for tensor in graph.initializer:
            self.places[tensor.name] = f'value{len(self.places)}'
            self.register_buffer(self.places[tensor.name], torch.from_numpy(numpy_helper.to_array(tensor).copy()))

    def forward(self, picture):
        values = {name: getattr(self, place) for name, place in self.places.items()}
        values[self.input] = picture
        for kind, inputs, output, attributes in self.nodes:
            values[output] = OPERATORS[kind](attributes, *(values.get(name) for name in inputs))
        return values[self.output]

    def layout(self, dtype, memory_format):
        """Casts the weights, and lays out those of convolutions."""
        self.to(dtype)
        for name, value in self.named_buffers():
            if value.ndim == 4:
                setattr(self, name, value.contiguous(memory_format=memory_format))
        return self


def _attributes(node):
    return {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}


def _same_size(attributes):
    edge = attributes['kernel_shape'][0] // 2
    if attributes['pads'] != [edge] * 4 or attributes['strides'] != [1, 1]:
        raise ValueError(f'a convolution that changes the size: {attributes}')
    return edge


OPERATORS = {
    'Conv': lambda a, x, weight, bias=None: F.conv2d(x, weight, bias, padding=_same_size(a)),
    'PRelu': lambda a, x, slope: F.prelu(x, slope.reshape(-1)),
    'LeakyRelu': lambda a, x: F.leaky_relu(x, a['alpha']),
    'DepthToSpace': lambda a, x: F.pixel_shuffle(x, a['blocksize']),
    'Resize': lambda a, x, _, scales: F.interpolate(x, scale_factor=float(scales[-1]), mode='nearest'),
    'Concat': lambda a, *xs: torch.cat(xs, a['axis']),
    'Add': lambda a, x, y: x + y,
    'Mul': lambda a, x, y: x * y,
}


class Torch:
    """PyTorch, eager."""

    def __init__(self, file, precision):
        self.dtype = torch.float32 if precision == 'fp32' else torch.bfloat16
        self.format = torch.contiguous_format if precision == 'fp32' else torch.channels_last
        self.network = TorchNetwork(file).layout(self.dtype, self.format).eval()

    @torch.inference_mode()
    def run(self, picture):
        """picture: [3, h, w] uint8 in RGB; so is the result."""
        tensor = torch.from_numpy(picture)[None].to(self.dtype, memory_format=self.format) / 255
        result = (self.network(tensor).float().clamp(0, 1) * 255).round()
        return result.to(torch.uint8)[0].contiguous().numpy()


class Openvino:
    """OpenVINO's own API, for one size of pictures, with its hint for latency; 8 bits in and out are part of the graph."""

    def __init__(self, file, precision):
        import openvino
        from openvino import opset13
        from openvino.preprocess import PrePostProcessor

        def rounded(output):
            values = opset13.multiply(opset13.clamp(output, 0.0, 1.0), opset13.constant(np.float32(255)))
            return opset13.round(values, 'half_to_even').output(0)

        self.core, self.request = openvino.Core(), None
        around = PrePostProcessor(self.core.read_model(file))
        around.input().tensor().set_element_type(openvino.Type.u8)
        around.input().preprocess().convert_element_type(openvino.Type.f32).scale(255.0)
        around.output().postprocess().custom(rounded)
        around.output().tensor().set_element_type(openvino.Type.u8)
        self.model = around.build()
        self.hint = 'f32' if precision == 'fp32' else 'bf16'

    def run(self, picture):
        if self.request is None:
            self.model.reshape([1, *picture.shape])
            config = {'INFERENCE_PRECISION_HINT': self.hint, 'PERFORMANCE_HINT': 'LATENCY'}
            self.request = self.core.compile_model(self.model, 'CPU', config).create_infer_request()
        self.request.infer({0: picture[None]}, share_inputs=True)
        return self.request.get_output_tensor(0).data[0]


class Ncnn:
    """ncnn on the processor, with its settings as they come."""

    def __init__(self, file, _precision):
        import ncnn

        self.ncnn, self.net = ncnn, ncnn.Net()
        self.net.load_param(str(file.with_suffix('.param')))
        self.net.load_model(str(file.with_suffix('.bin')))

    def run(self, picture):
        # Mat looks at the array and does not keep it.
        values = picture.astype(np.float32) / 255
        extractor = self.net.create_extractor()
        extractor.input(self.net.input_names()[0], self.ncnn.Mat(values))
        result = np.array(extractor.extract(self.net.output_names()[0])[1])
        return (np.clip(result, 0, 1) * 255).round().astype(np.uint8)


KINDS = {'torch': Torch, 'openvino': Openvino, 'ncnn': Ncnn}
