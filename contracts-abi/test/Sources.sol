// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// An AggregatorV3 that says what it is told.
contract MockAggregator {
    uint8 public decimals;
    uint80 private _round;
    uint80 private _answeredIn;
    int256 private _answer;
    uint256 private _updated;
    bool private _silent;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    function set(uint80 round, int256 answer, uint256 updated, uint80 answeredIn) external {
        (_round, _answer, _updated, _answeredIn) = (round, answer, updated, answeredIn);
    }

    function setSilent(bool silent) external {
        _silent = silent;
    }

    function latestRoundData() public view virtual returns (uint80, int256, uint256, uint256, uint80) {
        require(!_silent, "No data present");
        return (_round, _answer, _updated, _updated, _answeredIn);
    }
}

/// What stands behind a proxy: it never says less, or more, than its bounds.
contract MockBehind {
    int192 public minAnswer;
    int192 public maxAnswer;

    constructor(int192 least, int192 most) {
        (minAnswer, maxAnswer) = (least, most);
    }
}

/// A proxy before it.
contract MockProxy is MockAggregator {
    MockBehind public aggregator;

    constructor(uint8 decimals_, MockBehind behind) MockAggregator(decimals_) {
        aggregator = behind;
    }

    function latestRoundData() public view override returns (uint80 r, int256 a, uint256 s, uint256 u, uint80 i) {
        (r, a, s, u, i) = super.latestRoundData();
        if (a < aggregator.minAnswer()) a = aggregator.minAnswer();
        if (a > aggregator.maxAnswer()) a = aggregator.maxAnswer();
    }
}

/// Pyth's reading side.
contract MockPyth {
    struct Price {
        int64 price;
        uint64 conf;
        int32 expo;
        uint256 publishTime;
    }

    mapping(bytes32 => Price) private _prices;

    function set(bytes32 id, Price calldata price) external {
        _prices[id] = price;
    }

    function getPriceUnsafe(bytes32 id) external view returns (Price memory price) {
        price = _prices[id];
        require(price.publishTime != 0, "PriceFeedNotFound");
    }
}

/// The three rates that are one word.
contract MockRates {
    uint256 public stEthPerToken;
    uint256 public getExchangeRate;
    uint256 public exchangeRate;

    function set(uint256 wsteth, uint256 reth, uint256 cbeth) external {
        (stEthPerToken, getExchangeRate, exchangeRate) = (wsteth, reth, cbeth);
    }
}

/// A vault whose shares have more decimals than its asset.
contract MockVault is ERC4626 {
    constructor(IERC20 asset_) ERC20("Share", "SHR") ERC4626(asset_) {}

    function _decimalsOffset() internal pure override returns (uint8) {
        return 6;
    }
}

/// Burns all gas that a caller of one of its views brings.
contract MockBurner {
    fallback() external {
        while (true) {}
    }
}

interface IPool {
    function mint(address, int24, int24, uint128, bytes calldata) external returns (uint256, uint256);
    function swap(address, bool, int256, uint160, bytes calldata) external returns (int256, int256);
    function token0() external view returns (address);
    function token1() external view returns (address);
}

/// Trades with a Uniswap v3 pool out of its own pocket.
contract PoolTrader {
    function mint(IPool pool, int24 lower, int24 upper, uint128 liquidity) external {
        pool.mint(address(this), lower, upper, liquidity, "");
    }

    function swap(IPool pool, bool zeroForOne, int256 amount, uint160 limit) external {
        pool.swap(address(this), zeroForOne, amount, limit, "");
    }

    function uniswapV3MintCallback(uint256 owed0, uint256 owed1, bytes calldata) external {
        _pay(int256(owed0), int256(owed1));
    }

    function uniswapV3SwapCallback(int256 owed0, int256 owed1, bytes calldata) external {
        _pay(owed0, owed1);
    }

    function _pay(int256 owed0, int256 owed1) private {
        if (owed0 > 0) IERC20(IPool(msg.sender).token0()).transfer(msg.sender, uint256(owed0));
        if (owed1 > 0) IERC20(IPool(msg.sender).token1()).transfer(msg.sender, uint256(owed1));
    }
}
