// The JavaScript peers of `make bench-peers`: a line in, a line out; the first
// line out names what is installed.  `sign N`, `keccak N` and `ticker VENUE N`
// do something N times and answer `ok`; `frame VENUE TEXT` answers the bid of
// the frame that `ticker` is to parse.
import { createInterface } from 'node:readline';

const ethers = await import('ethers').catch(() => undefined);
const ccxt = (await import('ccxt').catch(() => undefined))?.default;
console.log([
  ethers && `ethers=${ethers.version}`, ccxt && `ccxt=${ccxt.version}`,
].filter(Boolean).join(' '));

const zero = '0x' + '00'.repeat(32);
const fields = 'bytes32 book,uint64 sequence,uint64 asOf,uint64 validUntil,' +
  'uint64 blockNumber,bytes32 blockHash,bytes32 positionsRoot,' +
  'bytes32 pricesHash,bytes32 verdictsRoot,bytes32 rulesHash,' +
  'bytes32 inputsHash,uint8 status,uint32 reason,uint32 vaultCount,' +
  'uint32 verdictCount,uint128 collateralValue,uint128 debtValue';
const types = {
  MarginAttestation: fields.split(',').map((field) => {
    const [type, name] = field.split(' ');
    return { type, name };
  }),
};
const message = Object.fromEntries(types.MarginAttestation.map(
  ({ type, name }) => [name, type === 'bytes32' ? zero : 0]));
const domain = {
  name: 'margind', version: '1', chainId: 31337,
  verifyingContract: '0x' + '00'.repeat(20),
};
const wallet = ethers && new ethers.Wallet('0x' + '00'.repeat(31) + '02');

async function sign(count) {
  let signature;
  for (let i = 0; i < count; i++) {
    message.sequence++;
    signature = await wallet.signTypedData(domain, types, message);
  }
  return signature;
}

function keccak(count) {
  let hash = new Uint8Array(64);
  for (let i = 0; i < count; i++) {
    hash[i & 31]++;
    ethers.keccak256(hash);
  }
}

// Markets as ccxt has them once they are loaded, but without asking anyone.
function exchange(name, id, symbol) {
  const [base, quote] = symbol.split('/');
  const x = new ccxt.pro[name]();
  x.setMarkets([x.safeMarketStructure({
    id, symbol, base, quote, baseId: base, quoteId: quote, type: 'spot',
    spot: true, active: true, precision: { price: 0.01, amount: 1e-8 },
  })]);
  return x;
}
const nobody = { resolve() {} };
const venues = ccxt && {
  binance: {
    x: exchange('binance', 'BTCUSDT', 'BTC/USDT'),
    parse(x, m) { return x.parseWsTicker(m, 'spot'); },
  },
  kraken: {
    x: exchange('kraken', 'XXBTZUSD', 'BTC/USD'),
    parse(x, m) {
      x.handleTicker(nobody, m);
      return x.tickers['BTC/USD'];
    },
  },
};
const frames = {};

function ticker(venue, count) {
  const { x, parse } = venues[venue];
  let result;
  for (let i = 0; i < count; i++) {
    result = parse(x, JSON.parse(frames[venue]));
  }
  return result;
}

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, what, rest] = line.split(/ (.*?)(?: (.*))?$/);
  try {
    let answer = 'ok';
    if (verb === 'signature') {
      answer = await sign(1);
    } else if (verb === 'sign') {
      await sign(Number(what));
    } else if (verb === 'keccak') {
      keccak(Number(what));
    } else if (verb === 'frame') {
      frames[what] = rest;
      answer = String(ticker(what, 1).bid);
    } else if (verb === 'ticker') {
      ticker(what, Number(rest));
    } else {
      answer = 'error unknown';
    }
    console.log(answer);
  } catch (e) {
    console.log(`error ${String(e.message).split('\n')[0]}`);
  }
}
