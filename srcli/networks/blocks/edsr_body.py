"""The residual blocks of EDSR (Lim et al., CVPRW 2017, arXiv 1707.02921) and the trunk of them.

Shape suffixes: B batch, C channels, H W rows and columns.
"""

from __future__ import annotations

from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, scaled, plus the input. Blocks may share one activation."""

    def __init__(self, channels: int, *, scale: float = 1.0) -> None:
        super().__init__()
        self.scale = scale
        self.body = nn.ModuleDict(
            {
                "0": nn.Conv2d(channels, channels, 3, padding=1),
                "2": nn.Conv2d(channels, channels, 3, padding=1),
            }
        )

    def forward(self, features_BCHW: Tensor, activation: nn.Module) -> Tensor:
        residual_BCHW: Tensor = self.body["2"](activation(self.body["0"](features_BCHW)))
        return features_BCHW + self.scale * residual_BCHW


class Body(nn.ModuleList):
    """Residual blocks, a convolution, plus the input; with attention in their middle if given."""

    def __init__(
        self,
        channels: int,
        *,
        blocks: int,
        residual_scale: float,
        attention: nn.Module | None = None,
    ) -> None:
        count = blocks if attention is None else blocks // 2 * 2
        layers: list[nn.Module] = [
            ResidualBlock(channels, scale=residual_scale) for _ in range(count)
        ]
        if attention is not None:
            layers.insert(blocks // 2, attention)
        layers.append(nn.Conv2d(channels, channels, 3, padding=1))
        super().__init__(layers)

    def forward(self, features_BCHW: Tensor, activation: nn.Module) -> Tensor:
        deep_BCHW = features_BCHW
        for layer in self:
            if isinstance(layer, ResidualBlock):
                deep_BCHW = layer(deep_BCHW, activation)
            else:
                deep_BCHW = layer(deep_BCHW)
        return deep_BCHW + features_BCHW


class EdsrTrunk(nn.Module):
    """Map (B, 3, H, W) to features (B, C, H, W). ``reach`` is in pixels of the input."""

    def __init__(self, channels: int, *, blocks: int, residual_scale: float) -> None:
        super().__init__()
        self.head = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1))
        self.body = Body(channels, blocks=blocks, residual_scale=residual_scale)
        self.activation = nn.ReLU(inplace=True)
        self.reach = 2 + 2 * blocks

    def forward(self, image_B3HW: Tensor) -> Tensor:
        features_BCHW: Tensor = self.body(self.head(image_B3HW), self.activation)
        return features_BCHW
