import { lexer, type MarkedToken, type Token } from "marked";
import { createElement, Fragment, type ReactNode } from "react";
import { webAddress } from "../../posts/addresses";
import styles from "./Markdown.module.css";

type Props = { text: string; below: number };

/** Markdown as elements, never as HTML: what is written as HTML in it is shown as text. Headings begin under `below`. */
export function Markdown({ text, below }: Props) {
  return <div className={styles.text}>{all(lexer(text), below)}</div>;
}

function all(tokens: readonly Token[], below: number): ReactNode {
  return tokens.map((token, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a text has its parts in one order, and never changes.
    <Fragment key={place}>{one(token as MarkedToken, below)}</Fragment>
  ));
}

function one(token: MarkedToken, below: number): ReactNode {
  const within = (tokens: readonly Token[] | undefined) => all(tokens ?? [], below);
  switch (token.type) {
    case "heading":
      return createElement(`h${Math.min(6, token.depth + below)}`, {}, within(token.tokens));
    case "paragraph":
      return <p>{within(token.tokens)}</p>;
    case "list": {
      const items = token.items.map((item, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: as above.
        <li key={place}>{within(item.tokens)}</li>
      ));
      return token.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
    case "table":
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached with the keyboard.
        <div className={styles.scroll} tabIndex={0}>
          <table>
            <thead>
              <tr>
                {token.header.map((cell) => (
                  <th key={cell.text} scope="col">
                    {within(cell.tokens)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {token.rows.map((row) => (
                <tr key={row.map((cell) => cell.text).join("|")}>
                  {row.map((cell, place) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: as above.
                    <td key={place}>{within(cell.tokens)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    case "text":
      return token.tokens ? within(token.tokens) : token.text;
    case "strong":
      return <strong>{within(token.tokens)}</strong>;
    case "em":
      return <em>{within(token.tokens)}</em>;
    case "codespan":
      return <code>{token.text}</code>;
    case "code":
      return <pre>{token.text}</pre>;
    case "blockquote":
      return <blockquote>{within(token.tokens)}</blockquote>;
    case "link": {
      const href = webAddress(token.href);
      return href ? (
        <a href={href} rel="noopener noreferrer">
          {within(token.tokens)}
        </a>
      ) : (
        within(token.tokens)
      );
    }
    case "br":
      return <br />;
    case "hr":
      return <hr />;
    case "space":
    case "def":
      return null;
    default:
      return "text" in token ? token.text : token.raw;
  }
}
