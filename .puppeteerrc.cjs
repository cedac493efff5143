// `npm install` never downloads a browser; test/chrome.ts finds or installs one when a test needs it.
module.exports = { skipDownload: true };
