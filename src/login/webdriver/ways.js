// Where to go for a URL: for a host that stands for a client, to a proxy that is none; else straight on, or through the proxy of its scheme.
function FindProxyForURL(url) {
  var parts = /^([a-z]+):\/\/(?:[^\/@]*@)?(\[[^\]]*\]|[^\/:]*)(?::(\d+))?/i.exec(url);
  if (!parts) { return 'DIRECT'; }
  var host = parts[2].toLowerCase();
  var secure = /^(https|wss)$/i.test(parts[1]);
  var port = parts[3] || (secure ? '443' : '80');
  function isAmong(hosts) {
    for (var i = 0; i < hosts.length; i++) {
      var one = hosts[i].toLowerCase();
      var below = one.indexOf('*.') === 0 && host.length >= one.length && host.slice(1 - one.length) === one.slice(1);
      if (below || one === '*' || one === host || one === host + ':' + port) { return true; }
    }
    return false;
  }
  if (isAmong(HOSTS)) { return 'PROXY 127.0.0.1:1'; }
  if (isAmong(EXCEPT)) { return 'DIRECT'; }
  return secure ? HTTPS : HTTP;
}
