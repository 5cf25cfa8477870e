// Where to go for a URL: straight on, or, for a host that stands for a client, to a proxy that is none.
function FindProxyForURL(url) {
  var parts = /^([a-z]+):\/\/(?:[^\/@]*@)?(\[[^\]]*\]|[^\/:]*)(?::(\d+))?/i.exec(url);
  if (!parts) { return 'DIRECT'; }
  var host = parts[2].toLowerCase();
  var port = parts[3] || (/^(https|wss)$/i.test(parts[1]) ? '443' : '80');
  for (var i = 0; i < HOSTS.length; i++) {
    var one = HOSTS[i].toLowerCase();
    var below = one.indexOf('*.') === 0 && host.length >= one.length && host.slice(1 - one.length) === one.slice(1);
    if (below || one === host || one === host + ':' + port) { return 'PROXY 127.0.0.1:1'; }
  }
  return 'DIRECT';
}
